#include "bench/load/generator.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <limits>

#include "bench/wire/clock.h"

namespace wayleave::bench::load {
namespace {

constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

std::uint64_t ToNs(double seconds) { return static_cast<std::uint64_t>(seconds * 1e9); }

std::uint64_t OwnCpuNs() {
  timespec used;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return std::uint64_t(used.tv_sec) * 1'000'000'000u + std::uint64_t(used.tv_nsec);
}

}  // namespace

Generator::Generator(const Options& options)
    : options_(options), request_(RequestBytes(options)), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  const auto count = static_cast<std::size_t>(options.connections);
  connections_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) connections_.emplace_back(options_, tally_, request_, epoll_, i);
}

Generator::~Generator() { close(epoll_); }

Span Generator::Run() {
  Span span;
  span.at_rest = MeasureAll();
  begin_ns_ = NowNs();
  OpenAll();
  const std::uint64_t from = begin_ns_ + ToNs(options_.warmup_seconds);
  std::uint64_t to = kNever;
  for (std::uint64_t now = NowNs(); now < to; now = NowNs()) {
    if (!tally_.measuring && now >= from) {
      BeginSpan(span);
      to = span_begin_ns_ + ToNs(options_.seconds);
    }
    StartDue(now);
    Wait(std::min(tally_.measuring ? to : from, NextStart()));
  }
  EndSpan(span);
  return span;
}

void Generator::OpenAll() {
  for (Connection& connection : connections_) {
    connection.Open();
    // Streams start spread out: as one burst they would stay one.
    if (options_.stream && options_.rate <= 0) usleep(500);
  }
}

void Generator::BeginSpan(Span& span) {
  tally_.measuring = true;
  span.before = MeasureAll();
  own_cpu_begin_ns_ = OwnCpuNs();
  span_begin_ns_ = NowNs();
}

void Generator::EndSpan(Span& span) {
  const double elapsed_ns = static_cast<double>(NowNs() - span_begin_ns_);
  span.seconds = elapsed_ns / 1e9;
  span.own_cores = static_cast<double>(OwnCpuNs() - own_cpu_begin_ns_) / elapsed_ns;
  span.after = MeasureAll();
  const auto streaming = [](const Connection& connection) { return connection.streaming(); };
  span.open_streams =
      static_cast<std::size_t>(std::count_if(connections_.begin(), connections_.end(), streaming));
}

std::vector<Usage> Generator::MeasureAll() const {
  std::vector<Usage> all;
  for (const ProcessGroup& group : options_.groups) all.push_back(Measure(group));
  return all;
}

void Generator::OnFree(std::size_t which) {
  if (options_.pause_seconds > 0) {
    resting_.emplace(NowNs() + ToNs(options_.pause_seconds), which);
  } else if (options_.rate <= 0) {
    connections_[which].Send(NowNs());
  } else if (overdue_.empty()) {
    idle_.push_back(which);
  } else {
    connections_[which].Send(overdue_.front());
    overdue_.pop_front();
  }
}

void Generator::OnEvent(std::size_t which, Event event) {
  if (event == Event::kNothing) return;
  if (event == Event::kFree) return OnFree(which);
  if (event == Event::kBroken) tally_.Fault(tally_.broken, "a connection broke before its answer was complete");
  idle_.erase(std::remove(idle_.begin(), idle_.end(), which), idle_.end());
  std::erase_if(resting_, [which](const Due& due) { return due.second == which; });
  connections_[which].Open();
}

void Generator::StartDue(std::uint64_t now) {
  if (options_.rate > 0) StartByTimetable(now);
  while (!resting_.empty() && resting_.begin()->first <= now) {
    const std::size_t which = resting_.begin()->second;
    resting_.erase(resting_.begin());
    connections_[which].Send(NowNs());
  }
}

void Generator::StartByTimetable(std::uint64_t now) {
  for (std::uint64_t due = NextStart(); due <= now; due = NextStart()) {
    ++tick_;
    if (!idle_.empty()) {
      const std::size_t which = idle_.back();
      idle_.pop_back();
      connections_[which].Send(due);
    } else {
      overdue_.push_back(due);
      if (tally_.measuring) ++tally_.late_starts;
    }
  }
}

std::uint64_t Generator::NextStart() const {
  if (options_.rate > 0) return begin_ns_ + ToNs(static_cast<double>(tick_) / options_.rate);
  return resting_.empty() ? kNever : resting_.begin()->first;
}

void Generator::Wait(std::uint64_t until) {
  const std::uint64_t now = NowNs();
  const timespec timeout = ToTimespec(until > now ? until - now : 0);
  epoll_event ready[256];
  const int count = epoll_pwait2(epoll_, ready, 256, &timeout, nullptr);
  for (int i = 0; i < count; ++i) {
    const auto which = static_cast<std::size_t>(ready[i].data.u64);
    OnEvent(which, connections_[which].OnReady(ready[i].events));
  }
}

}  // namespace wayleave::bench::load
