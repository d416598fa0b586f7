chat.o: app/gate/chat.h app/base/json.h app/base/base.h
app/base/json.h:
app/base/base.h:
