#include "base/trace/context.h"

#include <span>

#include "base/crypto/encoding.h"

namespace wayleave::trace {
namespace {

// 00-<trace id>-<parent id>-<flags>
constexpr std::size_t kTraceAt = 3;
constexpr std::size_t kParentAt = 36;
constexpr std::size_t kFlagsAt = 53;
constexpr std::size_t kLength = 55;

constexpr std::uint8_t kSampled = 1;

// Upper case is not allowed.
int Digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

bool ReadHex(std::string_view text, std::span<std::uint8_t> into) {
  for (std::size_t i = 0; i < into.size(); ++i) {
    const int high = Digit(text[2 * i]);
    const int low = Digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    into[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return true;
}

bool HasDashes(std::string_view text) {
  return text[kTraceAt - 1] == '-' && text[kParentAt - 1] == '-' && text[kFlagsAt - 1] == '-';
}

// Later versions may say more, behind another dash.
bool HasGoodEnd(std::string_view text, std::uint8_t version) {
  if (version == 0xff) return false;
  return text.size() == kLength || (version > 0 && text[kLength] == '-');
}

std::string_view Bytes(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

Context Parse(std::string_view traceparent, std::string_view tracestate) {
  std::uint8_t version = 0;
  std::uint8_t flags = 0;
  Context context;
  const bool good = traceparent.size() >= kLength && HasDashes(traceparent) && ReadHex(traceparent, {&version, 1}) &&
                    HasGoodEnd(traceparent, version) && ReadHex(traceparent.substr(kTraceAt), context.trace_id) &&
                    ReadHex(traceparent.substr(kParentAt), context.span_id) &&
                    ReadHex(traceparent.substr(kFlagsAt), {&flags, 1});
  if (!good || !context.valid()) return {};
  context.sampled = (flags & kSampled) != 0;
  context.remote = true;
  if (!tracestate.empty()) context.state = CleanTracestate(tracestate);
  return context;
}

std::string Traceparent(const Context& context) {
  char text[kLength] = {'0', '0', '-'};
  char* at = crypto::WriteHex(text + kTraceAt, Bytes(context.trace_id));
  *at++ = '-';
  at = crypto::WriteHex(at, Bytes(context.span_id));
  *at++ = '-';
  *at++ = '0';
  *at = context.sampled ? '1' : '0';
  return {text, kLength};
}

std::string TraceIdText(const Context& context) { return crypto::Hex(Bytes(context.trace_id)); }

}  // namespace wayleave::trace
