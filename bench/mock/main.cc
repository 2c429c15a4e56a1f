#include <signal.h>
#include <sys/prctl.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "bench/mock/server.h"

namespace {
volatile bool stop = false;
}

int main(int argc, char** argv) {
  if (argc != 3 || std::string_view(argv[1]) != "--port") {
    std::fputs("bench-mock --port PORT\nA scripted model server; a request names its terms in its model.\n", stderr);
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  for (const int ending : {SIGTERM, SIGINT}) signal(ending, +[](int) { stop = true; });
  prctl(PR_SET_TIMERSLACK, 1000ul);  // events leave when they are due, to a microsecond
  wayleave::bench::mock::Server server(std::atoi(argv[2]));
  server.Run(stop);
}
