route.o: app/web/route.h app/base/base.h
app/base/base.h:
