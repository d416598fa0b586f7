parse.o: app/base/parse.h app/base/base.h
app/base/base.h:
