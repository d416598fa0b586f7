utf8.o: app/base/utf8.h app/base/base.h
app/base/base.h:
