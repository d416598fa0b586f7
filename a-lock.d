lock.o: app/base/lock.h app/base/base.h
app/base/base.h:
