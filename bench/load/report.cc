#include "bench/load/report.h"

#include <cstdio>

namespace wayleave::bench::load {
namespace {

// Builds one JSON object, member by member.
class Object {
 public:
  Object& Number(const char* name, double value, int decimals = 0) {
    char text[64];
    std::snprintf(text, sizeof text, "%.*f", decimals, value);
    return Raw(name, text);
  }
  Object& Raw(const std::string& name, const std::string& json) {
    text_ += (text_.empty() ? "\"" : ",\"") + name + "\":" + json;
    return *this;
  }
  std::string Close() const { return "{" + text_ + "}"; }

 private:
  std::string text_;
};

std::string Quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (static_cast<unsigned char>(c) >= 32) quoted += c;
  }
  return quoted + '"';
}

std::string Describe(Series& series) {
  return Object()
      .Number("n", static_cast<double>(series.size()))
      .Number("mean", series.Mean(), 1)
      .Number("p50", series.Quantile(.5), 1)
      .Number("p90", series.Quantile(.9), 1)
      .Number("p99", series.Quantile(.99), 1)
      .Number("max", series.Quantile(1), 1)
      .Close();
}

double Per(double sum, std::uint64_t count) { return count == 0 ? 0 : sum / static_cast<double>(count); }

std::string DescribeGroup(const Tally& tally, const Span& span, std::size_t group) {
  const double cpu_us = static_cast<double>(span.after[group].cpu_ns - span.before[group].cpu_ns) / 1e3;
  return Object()
      .Number("cpu_us", cpu_us)
      .Number("cores", cpu_us / 1e6 / span.seconds, 4)
      .Number("cpu_us_per_request", Per(cpu_us, tally.requests), 2)
      .Number("cpu_us_per_event", Per(cpu_us, tally.events), 3)
      .Number("rss_kb_at_rest", static_cast<double>(span.at_rest[group].rss_kb))
      .Number("rss_kb", static_cast<double>(span.after[group].rss_kb))
      .Number("peak_rss_kb", static_cast<double>(span.after[group].peak_rss_kb))
      .Number("threads", static_cast<double>(span.after[group].threads))
      .Close();
}

std::string DescribeGroups(const Options& options, const Tally& tally, const Span& span) {
  Object groups;
  for (std::size_t i = 0; i < options.groups.size(); ++i) {
    groups.Raw(options.groups[i].name, DescribeGroup(tally, span, i));
  }
  return groups.Close();
}

std::string DescribeFaults(const Tally& tally) {
  return Object()
      .Number("status", static_cast<double>(tally.bad_status))
      .Number("body", static_cast<double>(tally.bad_body))
      .Number("stream", static_cast<double>(tally.bad_stream))
      .Number("broken", static_cast<double>(tally.broken))
      .Close();
}

}  // namespace

std::string Report(const Options& options, Tally& tally, const Span& span) {
  return Object()
      .Number("connections", options.connections)
      .Number("seconds", span.seconds, 3)
      .Number("requests", static_cast<double>(tally.requests))
      .Number("requests_per_s", static_cast<double>(tally.requests) / span.seconds, 1)
      .Number("events", static_cast<double>(tally.events))
      .Number("events_per_s", static_cast<double>(tally.events) / span.seconds, 1)
      .Number("reads", static_cast<double>(tally.reads))
      .Number("bytes_in", static_cast<double>(tally.bytes_in))
      .Number("late_starts", static_cast<double>(tally.late_starts))
      .Number("open_streams", static_cast<double>(span.open_streams))
      .Number("checked", static_cast<double>(tally.checked))
      .Raw("faults", DescribeFaults(tally))
      .Raw("first_fault", Quoted(tally.first_fault))
      .Raw("latency_us", Describe(tally.latency))
      .Raw("first_event_us", Describe(tally.first_event))
      .Raw("event_delay_us", Describe(tally.event_delay))
      .Number("load_cores", span.own_cores, 3)
      .Raw("processes", DescribeGroups(options, tally, span))
      .Close();
}

}  // namespace wayleave::bench::load
