request.o: app/web/request.h app/base/arena.h app/base/base.h \
 app/base/buf.h app/base/err.h app/base/errors.def app/base/log.h \
 app/web/route.h
app/base/arena.h:
app/base/base.h:
app/base/buf.h:
app/base/err.h:
app/base/errors.def:
app/base/log.h:
app/web/route.h:
