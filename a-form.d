form.o: app/web/form.h app/base/base.h
app/base/base.h:
