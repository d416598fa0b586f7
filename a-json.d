json.o: app/base/json.h app/base/base.h
app/base/base.h:
