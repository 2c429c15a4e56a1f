#pragma once

#include <memory>
#include <string>

#include "base/metrics/registry.h"
#include "base/trace/config.h"
#include "base/trace/exporter.h"
#include "base/trace/sampler.h"
#include "base/trace/span.h"

namespace wayleave::trace {

// Not zero. Any thread.
SpanId NewSpanId();

// Decides which requests are traced, and brings their spans to a collector. There is one in a process that traces and
// none in others, who pass null in its place. Any thread; outlives every span.
class Tracer {
 public:
  // `service` is the program's name. Throws std::runtime_error if certificates can't be read.
  Tracer(const Config& config, const std::string& service, metrics::Registry& registry);

  // For a request from outside: the parent of its span. `caller` is what it came with.
  Context Receive(Context caller);
  // For a call from a service of ours, which has decided already: in no trace if the caller is in none.
  Context Join(Context caller);

  // The share of requests that are traced from now on, where nobody else decides.
  void SetSampling(double ratio) { sampler_.SetRatio(ratio); }

  // A finished span, encoded.
  void Take(std::string_view span) { exporter_.Take(span); }
  // Sends what is there, within `grace`; what ends later is lost. Any thread but a worker's. Idempotent.
  void Stop(std::chrono::milliseconds grace) { exporter_.Stop(grace); }

 private:
  Sampler sampler_;
  Exporter exporter_;
};

}  // namespace wayleave::trace
