#include "base/trace/span.h"

#include <utility>

#include "base/trace/tracer.h"
#include "base/trace/wire.h"

namespace wayleave::trace {
namespace {

using text::ByteBuffer;

// Span's fields.
constexpr int kTraceId = 1;
constexpr int kSpanId = 2;
constexpr int kTraceState = 3;
constexpr int kParentSpanId = 4;
constexpr int kName = 5;
constexpr int kKind = 6;
constexpr int kStart = 7;
constexpr int kEnd = 8;
constexpr int kAttributes = 9;
constexpr int kEvents = 11;
constexpr int kStatus = 15;
constexpr int kFlags = 16;
// Event's.
constexpr int kEventTime = 1;
constexpr int kEventName = 2;
// Status'.
constexpr int kStatusCode = 3;
constexpr std::uint64_t kStatusError = 2;
// In the flags, above W3C's: whether the parent is in another process is known, and is so.
constexpr std::uint32_t kSampled = 1;
constexpr std::uint32_t kKnowsRemote = 0x100;
constexpr std::uint32_t kIsRemote = 0x200;

std::uint64_t Now() {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count());
}

template <std::size_t size>
std::string_view View(const std::array<std::uint8_t, size>& id) {
  return {reinterpret_cast<const char*>(id.data()), size};
}

}  // namespace

// Of a trace that begins here and is not recorded, too, callees must be told an id.
Span::Span(const Context& parent, Kind kind, std::string_view name, std::string_view subject) : context_(parent) {
  if (!parent.tracer) return;
  if (parent.sampled || parent.span_id == SpanId{}) context_.span_id = NewSpanId();
  context_.remote = false;
  if (parent.sampled) Begin(parent, kind, name, subject);
}

void Span::Begin(const Context& parent, Kind kind, std::string_view name, std::string_view subject) {
  recording_ = std::make_unique<Recording>();
  recording_->began = Now();
  ByteBuffer& out = recording_->bytes;
  wire::Bytes(out, kTraceId, View(context_.trace_id));
  wire::Bytes(out, kSpanId, View(context_.span_id));
  if (!context_.state.empty()) wire::Bytes(out, kTraceState, context_.state);
  if (parent.span_id != SpanId{}) wire::Bytes(out, kParentSpanId, View(parent.span_id));
  if (subject.empty()) {
    wire::Text(out, kName, name);
  } else {
    wire::Text(out, kName, std::string(name).append(" ").append(subject));
  }
  wire::Varint(out, kKind, static_cast<std::uint64_t>(kind));
  wire::Fixed32(out, kFlags, kSampled | kKnowsRemote | (parent.remote ? kIsRemote : 0));
}

Span& Span::operator=(Span&& other) noexcept {
  if (this == &other) return *this;
  End();
  context_ = std::move(other.context_);
  recording_ = std::move(other.recording_);
  return *this;
}

void Span::BeganAt(std::chrono::steady_clock::time_point time) {
  if (!recording_) return;
  const auto ago = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - time);
  recording_->began = Now() - static_cast<std::uint64_t>(ago.count());
}

void Span::Set(std::string_view key, std::string_view value) {
  if (recording_) wire::Attribute(recording_->bytes, kAttributes, key, value);
}

void Span::Set(std::string_view key, std::int64_t value) {
  if (recording_) wire::Attribute(recording_->bytes, kAttributes, key, value);
}

void Span::Set(std::string_view key, double value) {
  if (recording_) wire::Attribute(recording_->bytes, kAttributes, key, value);
}

void Span::Set(std::string_view key, bool value) {
  if (recording_) wire::Attribute(recording_->bytes, kAttributes, key, value);
}

void Span::SetList(std::string_view key, std::string_view value) {
  if (recording_) wire::ListAttribute(recording_->bytes, kAttributes, key, value);
}

void Span::Event(std::string_view name) {
  if (!recording_) return;
  ByteBuffer event;
  wire::Fixed64(event, kEventTime, Now());
  wire::Text(event, kEventName, name);
  wire::Bytes(recording_->bytes, kEvents, event.view());
}

void Span::Fail(std::string_view type) {
  if (!recording_ || std::exchange(recording_->failed, true)) return;
  SetIfAny("error.type", type);
  ByteBuffer status;
  wire::Varint(status, kStatusCode, kStatusError);
  wire::Bytes(recording_->bytes, kStatus, status.view());
}

void Span::End() {
  const auto ended = std::move(recording_);
  if (!ended) return;
  wire::Fixed64(ended->bytes, kStart, ended->began);
  wire::Fixed64(ended->bytes, kEnd, Now());
  context_.tracer->Take(ended->bytes.view());
}

}  // namespace wayleave::trace
