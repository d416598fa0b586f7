base.o: app/base/base.h
