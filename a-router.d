router.o: app/web/router.h app/web/route.h app/base/base.h
app/web/route.h:
app/base/base.h:
