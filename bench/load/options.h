#pragma once

#include <string>
#include <vector>

#include "bench/load/processes.h"

namespace wayleave::bench::load {

// What the command line asks for.
struct Options {
  std::string host = "127.0.0.1";
  int port = 80;
  std::string path = "/";
  std::vector<std::string> headers;
  std::string body;

  int connections = 16;
  double seconds = 5;
  double warmup_seconds = 1;
  double rate = 0;           // requests a second on a fixed timetable; 0: closed loop
  double pause_seconds = 0;  // silence of each connection between its requests
  bool stream = false;

  std::string expect_text;          // must stand in each unstreamed answer
  unsigned long expect_events = 0;  // stamped events of each stream; 0: any number

  std::vector<ProcessGroup> groups;
};

// Prints what is wrong and ends the program with 2 when the command line makes no sense.
Options ParseOptions(int argc, char** argv);

// The bytes that are sent for each request.
std::string RequestBytes(const Options& options);

}  // namespace wayleave::bench::load
