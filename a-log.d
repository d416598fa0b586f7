log.o: app/base/log.h app/base/base.h
app/base/base.h:
