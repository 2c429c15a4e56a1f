// Stands before the metrics library in a process that is to be measured without its counting, loaded by the dynamic
// linker (LD_PRELOAD): what the program counts, sets and observes goes nowhere as long as the first byte of the file that
// BENCH_COUNTING names is '0', and to the library otherwise. The code that asks for it stays; the library's own calls of
// itself come past here, too, so that counting costs a little more than without this.
#include <dlfcn.h>
#include <fcntl.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>

namespace {

const char* Switch() {
  const char* const name = std::getenv("BENCH_COUNTING");
  const int file = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
  void* const page = mmap(nullptr, 1, PROT_READ, MAP_SHARED, file, 0);
  if (file >= 0) close(file);
  return page == MAP_FAILED ? "1" : static_cast<const char*>(page);
}

bool Counting() {
  static const volatile char* const on = Switch();
  return *on != '0';
}

// A function of the library, by its name for the linker; an object comes first, as the ABI has it.
template <class... Arguments>
class Real {
 public:
  explicit Real(const char* symbol) : function_(reinterpret_cast<void (*)(Arguments...)>(dlsym(RTLD_NEXT, symbol))) {
    if (!function_) std::abort();
  }
  void operator()(Arguments... arguments) const {
    if (Counting()) function_(arguments...);
  }

 private:
  void (*const function_)(Arguments...);
};

}  // namespace

namespace prometheus {

void Gauge::Increment() { Increment(1); }

void Gauge::Increment(double by) {
  static const Real<Gauge*, double> real("_ZN10prometheus5Gauge9IncrementEd");
  real(this, by);
}

void Gauge::Decrement() { Decrement(1); }

void Gauge::Decrement(double by) {
  static const Real<Gauge*, double> real("_ZN10prometheus5Gauge9DecrementEd");
  real(this, by);
}

void Gauge::Set(double value) {
  static const Real<Gauge*, double> real("_ZN10prometheus5Gauge3SetEd");
  real(this, value);
}

void Gauge::SetToCurrentTime() {
  static const Real<Gauge*> real("_ZN10prometheus5Gauge16SetToCurrentTimeEv");
  real(this);
}

void Counter::Increment() { Increment(1); }

void Counter::Increment(double by) {
  static const Real<Counter*, double> real("_ZN10prometheus7Counter9IncrementEd");
  real(this, by);
}

void Histogram::Observe(double value) {
  static const Real<Histogram*, double> real("_ZN10prometheus9Histogram7ObserveEd");
  real(this, value);
}

}  // namespace prometheus
