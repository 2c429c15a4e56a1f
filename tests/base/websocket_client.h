#pragma once

#include <string>
#include <string_view>

#include "base/http/websocket_frame.h"
#include "tests/base/raw_client.h"

namespace wayleave::testing {

// One frame as a client sends it, masked; `first` is the whole first byte.
inline std::string RawFrame(std::uint8_t first, std::string_view payload, bool masked = true) {
  std::string bytes;
  http::AppendFrame(bytes, http::Opcode::kText, payload);
  bytes[0] = static_cast<char>(first);
  const std::size_t head = bytes.size() - payload.size();
  if (!masked) return bytes;
  const std::uint8_t mask[4] = {0x12, 0xf4, 0x56, 0x78};
  bytes[1] = static_cast<char>(bytes[1] | 0x80);
  http::Mask(std::span<char>(bytes).subspan(head), mask, 0);
  return bytes.insert(head, reinterpret_cast<const char*>(mask), sizeof mask);
}

inline std::string ClientFrame(http::Opcode opcode, std::string_view payload, bool final = true) {
  return RawFrame(static_cast<std::uint8_t>((final ? 0x80 : 0) | static_cast<int>(opcode)), payload);
}
inline std::string TextFrame(std::string_view text) { return ClientFrame(http::Opcode::kText, text); }
inline std::string CloseFrame(std::uint16_t code, std::string_view reason = "") {
  const char bytes[] = {static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
  return ClientFrame(http::Opcode::kClose, std::string(bytes, 2).append(reason));
}

// One frame of the server's; `opcode` -1: the connection ended.
struct ServerFrame {
  int opcode = -1;
  bool final = false;
  std::string payload;

  int close_code() const {
    if (opcode != 8 || payload.size() < 2) return 0;
    return static_cast<std::uint8_t>(payload[0]) << 8 | static_cast<std::uint8_t>(payload[1]);
  }
};

inline ServerFrame ReadFrame(RawClient& client) {
  const std::string head = client.ReadBytes(2);
  if (head.size() < 2) return {};
  ServerFrame frame;
  frame.final = head[0] & 0x80;
  frame.opcode = head[0] & 0x0f;
  std::size_t length = static_cast<std::uint8_t>(head[1]);
  if (length >= 126) {
    const std::string longer = client.ReadBytes(length == 126 ? 2 : 8);
    length = 0;
    for (const char byte : longer) length = length << 8 | static_cast<std::uint8_t>(byte);
  }
  frame.payload = client.ReadBytes(length);
  return frame;
}

// The next frame that is no ping.
inline ServerFrame ReadMessage(RawClient& client) {
  ServerFrame frame = ReadFrame(client);
  while (frame.opcode == 9) frame = ReadFrame(client);
  return frame;
}

inline std::string UpgradeRequest(const std::string& target, const std::string& more_headers = "") {
  return "GET " + target +
         " HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: "
         "13\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
         more_headers + "\r\n";
}

}  // namespace wayleave::testing
