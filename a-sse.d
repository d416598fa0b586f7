sse.o: app/net/sse.h app/base/base.h app/base/buf.h
app/base/base.h:
app/base/buf.h:
