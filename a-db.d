db.o: app/db/db.h app/base/field.h app/base/base.h
app/base/field.h:
app/base/base.h:
