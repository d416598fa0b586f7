secret.o: app/base/secret.h app/base/base.h
app/base/base.h:
