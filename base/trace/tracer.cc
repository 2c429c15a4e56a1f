#include "base/trace/tracer.h"

#include <cstring>

#include "base/crypto/random.h"
#include "base/trace/otlp.h"

namespace wayleave::trace {
namespace {

// Zero stands for none.
std::uint64_t Word() {
  std::uint64_t word = 0;
  while (word == 0) word = crypto::RandomWord();
  return word;
}

TraceId NewTraceId() {
  const std::uint64_t words[] = {Word(), Word()};
  TraceId id;
  std::memcpy(id.data(), words, id.size());
  return id;
}

}  // namespace

SpanId NewSpanId() {
  const std::uint64_t word = Word();
  SpanId id;
  std::memcpy(id.data(), &word, id.size());
  return id;
}

Tracer::Tracer(const Config& config, const std::string& service, metrics::Registry& registry)
    : sampler_(config.sampling, config.trust_parent), exporter_(config.exporter, ResourceOf(service), registry) {}

Context Tracer::Receive(Context caller) {
  if (sampler_.Follows(caller)) return Join(std::move(caller));
  Context root;
  root.begun_here = true;
  root.trace_id = NewTraceId();
  root.sampled = sampler_.Samples(root.trace_id);
  root.tracer = this;
  return root;
}

Context Tracer::Join(Context caller) {
  if (caller.valid()) caller.tracer = this;
  return caller;
}

}  // namespace wayleave::trace
