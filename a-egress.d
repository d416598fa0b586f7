egress.o: app/net/egress.h app/base/base.h
app/base/base.h:
