field.o: app/base/field.h app/base/base.h
app/base/base.h:
