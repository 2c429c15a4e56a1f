#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "bench/load/series.h"

namespace wayleave::bench::load {

// What a run adds up. Faults count from the first request on, figures only inside the measured span.
struct Tally {
  bool measuring = false;

  Series latency;
  Series first_event;
  Series event_delay;
  std::uint64_t requests = 0;
  std::uint64_t events = 0;
  std::uint64_t reads = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t late_starts = 0;  // due by the timetable while no connection was free

  std::uint64_t checked = 0;  // answers that were looked at, warm-up included
  std::uint64_t bad_status = 0;
  std::uint64_t bad_body = 0;    // the expected text is missing
  std::uint64_t bad_stream = 0;  // events are missing, doubled or out of order, or no single terminal event
  std::uint64_t broken = 0;      // the connection ended, or what it said was no HTTP
  std::string first_fault;

  void Fault(std::uint64_t& counter, std::string what) {
    ++counter;
    if (first_fault.empty()) first_fault = std::move(what);
  }
};

}  // namespace wayleave::bench::load
