#include "base/http/websocket_frame.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/text/utf8.h"

namespace wayleave::http {
namespace {

constexpr std::uint8_t kFinal = 0x80;
constexpr std::uint8_t kReserved = 0x70;
constexpr std::uint8_t kMasked = 0x80;
constexpr std::uint64_t kMostLength = ~std::uint64_t{0} >> 1;

bool IsKnown(std::uint8_t opcode) { return opcode <= 2 || (opcode >= 8 && opcode <= 10); }

std::uint64_t BigEndian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<std::uint8_t>(byte);
  return value;
}

void AppendBigEndian(std::string& to, std::uint64_t value, int bytes) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) to.push_back(static_cast<char>(value >> shift & 0xff));
}

}  // namespace

FrameCheck ReadFrameHead(std::string_view input, FrameHead& head) {
  if (input.empty()) return FrameCheck::kIncomplete;
  const auto first = static_cast<std::uint8_t>(input[0]);
  head.final = first & kFinal;
  head.opcode = static_cast<Opcode>(first & 0x0f);
  if ((first & kReserved) || !IsKnown(first & 0x0f) || (head.control() && !head.final)) return FrameCheck::kBroken;
  if (input.size() < 2) return FrameCheck::kIncomplete;
  const auto second = static_cast<std::uint8_t>(input[1]);
  const std::uint8_t code = second & 0x7f;
  if (!(second & kMasked) || (head.control() && code > kMostControlBytes)) return FrameCheck::kBroken;
  const std::size_t extra = code == 126 ? 2 : code == 127 ? 8 : 0;
  head.size = 2 + extra + sizeof head.mask;
  if (input.size() < head.size) return FrameCheck::kIncomplete;
  head.length = extra ? BigEndian(input.substr(2, extra)) : code;
  const bool longer_form_than_needed = (extra == 2 && head.length < 126) || (extra == 8 && head.length <= 0xffff);
  if (head.length > kMostLength || longer_form_than_needed) return FrameCheck::kBroken;
  std::memcpy(head.mask, input.data() + 2 + extra, sizeof head.mask);
  return FrameCheck::kWhole;
}

void Mask(std::span<char> payload, const std::uint8_t (&mask)[4], std::uint64_t offset) {
  char pattern[8];
  for (std::size_t i = 0; i < sizeof pattern; ++i) pattern[i] = static_cast<char>(mask[(offset + i) % 4]);
  std::uint64_t wide;
  std::memcpy(&wide, pattern, sizeof wide);
  std::size_t i = 0;
  for (; i + sizeof wide <= payload.size(); i += sizeof wide) {
    std::uint64_t word;
    std::memcpy(&word, payload.data() + i, sizeof word);
    word ^= wide;
    std::memcpy(payload.data() + i, &word, sizeof word);
  }
  for (; i < payload.size(); ++i) payload[i] = static_cast<char>(payload[i] ^ pattern[i % 8]);
}

void AppendFrame(std::string& to, Opcode opcode, std::string_view payload, bool final) {
  to.push_back(static_cast<char>((final ? kFinal : 0) | static_cast<std::uint8_t>(opcode)));
  if (payload.size() < 126) {
    to.push_back(static_cast<char>(payload.size()));
  } else if (payload.size() <= 0xffff) {
    to.push_back(126);
    AppendBigEndian(to, payload.size(), 2);
  } else {
    to.push_back(127);
    AppendBigEndian(to, payload.size(), 8);
  }
  to.append(payload);
}

void AppendTextMessage(std::string& to, std::string_view text, std::size_t frame_bytes) {
  Opcode opcode = Opcode::kText;
  while (text.size() > frame_bytes) {
    AppendFrame(to, std::exchange(opcode, Opcode::kContinuation), text.substr(0, frame_bytes), false);
    text.remove_prefix(frame_bytes);
  }
  AppendFrame(to, opcode, text, true);
}

void AppendClose(std::string& to, std::uint16_t code, std::string_view reason) {
  std::string payload;
  AppendBigEndian(payload, code, 2);
  reason = text::CutUtf8(reason, kMostControlBytes - payload.size());
  AppendFrame(to, Opcode::kClose, payload.append(reason));
}

bool IsSendableCloseCode(std::uint16_t code) {
  const bool defined =
      code >= 1000 && code <= 1014 && code != 1004 && code != close_code::kNoStatus && code != close_code::kAbnormal;
  return defined || (code >= 3000 && code <= 4999);
}

}  // namespace wayleave::http
