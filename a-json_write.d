json_write.o: app/base/json_write.h app/base/buf.h app/base/base.h
app/base/buf.h:
app/base/base.h:
