http.o: app/net/http.h app/base/base.h app/net/egress.h
app/base/base.h:
app/net/egress.h:
