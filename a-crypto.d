crypto.o: app/base/crypto.h app/base/base.h
app/base/base.h:
