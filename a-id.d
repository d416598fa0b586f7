id.o: app/base/id.h app/base/base.h
app/base/base.h:
