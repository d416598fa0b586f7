catalogue.o: app/web/catalogue.h app/base/base.h
app/base/base.h:
