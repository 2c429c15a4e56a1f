#include <signal.h>
#include <sys/prctl.h>

#include <cstdio>

#include "bench/load/generator.h"
#include "bench/load/options.h"
#include "bench/load/report.h"

int main(int argc, char** argv) {
  using namespace wayleave::bench::load;
  const Options options = ParseOptions(argc, argv);
  signal(SIGPIPE, SIG_IGN);
  prctl(PR_SET_TIMERSLACK, 1000ul);  // the timetable is kept to a microsecond
  Generator generator(options);
  const Span span = generator.Run();
  std::puts(Report(options, generator.tally(), span).c_str());
}
