#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace wayleave::http {

// The framing of RFC 6455, section 5, as the server sees it. All functions are pure.

enum class Opcode : std::uint8_t {
  kContinuation = 0,
  kText = 1,
  kBinary = 2,
  kClose = 8,
  kPing = 9,
  kPong = 10,
};

// Why a connection ends (RFC 6455, section 7.4.1). The last two are never sent.
namespace close_code {
constexpr std::uint16_t kNormal = 1000;
constexpr std::uint16_t kGoingAway = 1001;
constexpr std::uint16_t kProtocolError = 1002;
constexpr std::uint16_t kUnsupportedData = 1003;
constexpr std::uint16_t kInvalidPayload = 1007;
constexpr std::uint16_t kPolicyViolation = 1008;
constexpr std::uint16_t kMessageTooBig = 1009;
constexpr std::uint16_t kInternalError = 1011;
constexpr std::uint16_t kNoStatus = 1005;
constexpr std::uint16_t kAbnormal = 1006;
}  // namespace close_code

constexpr std::size_t kMostControlBytes = 125;

// The head of one frame from a client.
struct FrameHead {
  bool final = false;
  Opcode opcode = Opcode::kText;
  std::uint64_t length = 0;  // of the payload
  std::uint8_t mask[4] = {};
  std::size_t size = 0;  // of the head itself

  bool control() const { return static_cast<std::uint8_t>(opcode) >= 8; }
};

enum class FrameCheck {
  kWhole,
  kIncomplete,  // more bytes are needed to tell
  kBroken,  // unmasked, reserved bits or opcodes, a control frame that is long or in pieces, a length that overflows
};

// Reads the head at the beginning of `input`.
FrameCheck ReadFrameHead(std::string_view input, FrameHead& head);

// Takes the mask off (or puts it on) in place; `offset` is how much of the payload came before.
void Mask(std::span<char> payload, const std::uint8_t (&mask)[4], std::uint64_t offset);

// Appends one unmasked frame.
void AppendFrame(std::string& to, Opcode opcode, std::string_view payload, bool final = true);
// Appends a text message, in several frames if it is long.
void AppendTextMessage(std::string& to, std::string_view text, std::size_t frame_bytes);
// Appends a close frame; the reason is UTF-8, and one too long for it is cut.
void AppendClose(std::string& to, std::uint16_t code, std::string_view reason);

// Whether a close frame may carry the code.
bool IsSendableCloseCode(std::uint16_t code);

}  // namespace wayleave::http
