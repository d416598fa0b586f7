metrics.o: app/base/metrics.h app/base/base.h app/base/metrics.def
app/base/base.h:
app/base/metrics.def:
