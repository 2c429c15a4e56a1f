#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/text/byte_buffer.h"
#include "base/trace/context.h"

namespace wayleave::trace {

// OpenTelemetry's numbers.
enum class Kind { kInternal = 1, kServer = 2, kClient = 3 };

// A stretch of time within a trace: begins when it is made, ends at End() or with the object, and goes to the tracer
// then. One whose parent is not sampled, or that is in a process that does not trace, records and allocates nothing;
// its context passes on what the parent's said.
//
// Belongs to one thread at a time. The tracer of its parent must outlive it. Values must hold no secret and no content.
class Span {
 public:
  // In no trace.
  Span() = default;
  // The name is "name" or "name subject": views that are copied only if it records.
  Span(const Context& parent, Kind kind, std::string_view name, std::string_view subject = {});
  ~Span() { End(); }
  Span(Span&& other) noexcept = default;
  // Ends the one that was here.
  Span& operator=(Span&& other) noexcept;

  // What those who are asked on its behalf are told.
  const Context& context() const { return context_; }
  bool recording() const { return recording_ != nullptr; }

  // It had begun before this object was made.
  void BeganAt(std::chrono::steady_clock::time_point time);

  void Set(std::string_view key, std::string_view value);
  void Set(std::string_view key, const char* value) { Set(key, std::string_view(value)); }
  void Set(std::string_view key, std::int64_t value);
  void Set(std::string_view key, int value) { Set(key, std::int64_t{value}); }
  void Set(std::string_view key, double value);
  void Set(std::string_view key, bool value);
  void SetList(std::string_view key, std::string_view value);
  // Only if there is something to say.
  void SetIfAny(std::string_view key, std::string_view value) {
    if (!value.empty()) Set(key, value);
  }
  // Something that happened now.
  void Event(std::string_view name);
  // What it was for did not succeed. `type` is a short stable word, the attribute error.type.
  void Fail(std::string_view type);

  void End();

 private:
  // What is known so far, encoded; times in nanoseconds since 1970.
  struct Recording {
    text::ByteBuffer bytes;
    std::uint64_t began;
    bool failed = false;
  };

  void Begin(const Context& parent, Kind kind, std::string_view name, std::string_view subject);

  Context context_;
  std::unique_ptr<Recording> recording_;
};

}  // namespace wayleave::trace
