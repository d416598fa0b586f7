arena.o: app/base/arena.h app/base/base.h
app/base/base.h:
