loop.o: app/base/loop.h app/base/base.h
app/base/base.h:
