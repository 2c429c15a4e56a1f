#pragma once

#include <cstdint>
#include <deque>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "bench/load/connection.h"
#include "bench/load/options.h"
#include "bench/load/processes.h"
#include "bench/load/tally.h"

namespace wayleave::bench::load {

// What was measured around the load itself.
struct Span {
  double seconds = 0;
  double own_cores = 0;              // CPU the generator itself took, in cores
  std::size_t open_streams = 0;      // still streaming at the end
  std::vector<Usage> at_rest;        // of each group, before the first connection
  std::vector<Usage> before, after;  // at both ends of the measured span
};

// One thread, one epoll set. Three ways to pace the requests:
//   closed loop   a connection sends again as soon as it is answered
//   rate          a fixed timetable; latency counts from it, so that a stalled server isn't flattered
//   pause         a connection rests after each answer
class Generator {
 public:
  explicit Generator(const Options& options);
  ~Generator();
  Generator(const Generator&) = delete;

  Span Run();
  Tally& tally() { return tally_; }

 private:
  using Due = std::pair<std::uint64_t, std::size_t>;  // when, which connection

  void OpenAll();
  void BeginSpan(Span& span);
  void EndSpan(Span& span);
  void OnFree(std::size_t which);
  void OnEvent(std::size_t which, Event event);
  void StartDue(std::uint64_t now);
  void StartByTimetable(std::uint64_t now);
  std::uint64_t NextStart() const;
  void Wait(std::uint64_t until);
  std::vector<Usage> MeasureAll() const;

  const Options& options_;
  const std::string request_;
  const int epoll_;
  Tally tally_;
  std::vector<Connection> connections_;
  std::vector<std::size_t> idle_;      // free connections, by the timetable
  std::deque<std::uint64_t> overdue_;  // due times that found no free connection
  std::set<Due> resting_;              // pausing connections, the next one first
  std::uint64_t begin_ns_ = 0;
  std::uint64_t tick_ = 0;  // starts of the timetable so far
  std::uint64_t span_begin_ns_ = 0;
  std::uint64_t own_cpu_begin_ns_ = 0;
};

}  // namespace wayleave::bench::load
