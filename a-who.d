who.o: app/gate/who.h app/base/base.h
app/base/base.h:
