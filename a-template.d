template.o: app/web/template.h app/base/field.h app/base/base.h
app/base/field.h:
app/base/base.h:
