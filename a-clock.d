clock.o: app/base/clock.h app/base/base.h
app/base/base.h:
