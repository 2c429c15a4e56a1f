#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/http/request.h"

namespace wayleave::http {

// The opening handshake of RFC 6455, section 4.2. All functions are pure.

// Whether the request asks to go on as a WebSocket, rightly or not.
bool AsksForWebSocket(const HeaderList& headers);

// What is wrong with such a request: the answer to refuse it with, without a body. Nothing if it may be accepted.
struct HandshakeRefusal {
  int status = 400;
  std::string message;
};
std::optional<HandshakeRefusal> CheckHandshake(const Request& request);

// The value of Sec-WebSocket-Accept for a client's Sec-WebSocket-Key.
std::string AcceptKey(std::string_view client_key);

}  // namespace wayleave::http
