spool.o: app/spool/spool.h app/base/base.h
app/base/base.h:
