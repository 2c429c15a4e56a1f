#pragma once

#include <atomic>
#include <cstdint>

#include "base/trace/context.h"

namespace wayleave::trace {

// Which requests are traced: what the caller has decided, or else a share of them that the trace id alone decides, so
// that everybody who is asked with the same ratio decides alike. Any thread.
class Sampler {
 public:
  // `ratio` from 0 to 1. `trust_parent`: callers decide for requests that are in a trace already; otherwise each
  // request begins a trace of its own.
  Sampler(double ratio, bool trust_parent);

  // From now on; what is decided already stays so.
  void SetRatio(double ratio);
  // Whether a trace with this id is recorded.
  bool Samples(const TraceId& id) const;
  // Whether a request that came with `caller` goes on with its trace.
  bool Follows(const Context& caller) const { return trust_parent_ && caller.valid(); }

 private:
  std::atomic<std::uint64_t> threshold_;
  const bool trust_parent_;
};

}  // namespace wayleave::trace
