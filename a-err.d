err.o: app/base/err.h app/base/base.h app/base/errors.def
app/base/base.h:
app/base/errors.def:
