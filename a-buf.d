buf.o: app/base/buf.h app/base/base.h
app/base/base.h:
