stream.o: app/web/stream.h app/web/request.h app/base/arena.h \
 app/base/base.h app/base/buf.h app/base/err.h app/base/errors.def \
 app/base/log.h app/web/route.h
app/web/request.h:
app/base/arena.h:
app/base/base.h:
app/base/buf.h:
app/base/err.h:
app/base/errors.def:
app/base/log.h:
app/web/route.h:
