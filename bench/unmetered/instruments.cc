// Stands before the metrics library in a process that is to be measured without its counting: what the program counts,
// sets and observes goes nowhere. The code that asks for it stays. Loaded by the dynamic linker (LD_PRELOAD).
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

namespace prometheus {

void Gauge::Increment() {}
void Gauge::Increment(double) {}
void Gauge::Decrement() {}
void Gauge::Decrement(double) {}
void Gauge::Set(double) {}
void Gauge::SetToCurrentTime() {}
void Counter::Increment() {}
void Counter::Increment(double) {}
void Histogram::Observe(double) {}
void Histogram::ObserveMultiple(const std::vector<double>&, double) {}

}  // namespace prometheus
