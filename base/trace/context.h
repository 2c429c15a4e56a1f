#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace wayleave::trace {

class Tracer;

using TraceId = std::array<std::uint8_t, 16>;
using SpanId = std::array<std::uint8_t, 8>;

// A place in a trace, as W3C's Trace Context has it (https://www.w3.org/TR/trace-context-1/): what is done on behalf of
// a request names the place that it was asked from as its parent. A plain value; copying it allocates nothing, unless
// somebody sent a tracestate.
struct Context {
  TraceId trace_id{};  // all zero: in no trace
  SpanId span_id{};
  bool sampled = false;
  // Came from another process.
  bool remote = false;
  // The trace began in this process: who asked knows nothing of it.
  bool begun_here = false;
  // The tracestate that came with it, for those who are asked next.
  std::string state;
  // Who records what happens here, if it is sampled. Null in a process that does not trace. Outlives the context.
  Tracer* tracer = nullptr;

  // Whether a span that has this for its parent is recorded.
  bool recorded() const { return sampled && tracer != nullptr; }
  // Whether there is anything to be found under its id: records of ours, or what who asked has.
  bool traceable() const { return valid() && (sampled || !begun_here); }
  bool valid() const { return trace_id != TraceId{} && span_id != SpanId{}; }
};

// What a caller sent. Not valid() unless the traceparent is exactly one, of this or a later version; a tracestate that
// is none is left out. Pure.
Context Parse(std::string_view traceparent, std::string_view tracestate = {});

// The headers for the next one, in version 00. Only of a valid context. Pure.
std::string Traceparent(const Context& context);
// 32 hex digits. Pure.
std::string TraceIdText(const Context& context);

// A list of up to 32 members without white space around them and without empty ones; empty if it is none, or if a key
// comes twice. Pure.
std::string CleanTracestate(std::string_view text);

}  // namespace wayleave::trace
