#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "provider-service/dialect/reply.h"

namespace wayleave::provider {

// What the client is told of an upstream's answer that is not 2xx: statuses and codes are chosen so that Codex and the
// OpenAI SDKs stop or try again as they should and show the message. `body` may be of any shape. With `same_dialect` an
// error object in OpenAI's form is passed on as it came (Failure::body), where its status lets clients do the right
// thing.
Failure MapUpstreamError(int status, std::string_view body, std::optional<std::int64_t> retry_after_ms,
                         bool same_dialect);

// What went wrong before the upstream answered.
enum class ConnectFault {
  kResolve,           // the host name is unknown
  kRefused,           // nobody listens, or no route
  kConnectTimeout,
  kTls,               // handshake or certificate
  kClosed,            // closed or reset before the response's head
  kFirstByteTimeout,  // connected, then silence
  kBadResponse,       // not HTTP
};

// `detail` is for the operator who reads the message, for example "connection refused"; no secrets.
Failure ConnectFailure(ConnectFault fault, std::string_view detail);

// {"error":{"message","type","param":null,"code"}}: OpenAI's body for it, or Failure::body where there is one.
std::string ErrorBody(const Failure& failure);

// The same fault for a client that wants one document and has had nothing yet: the status that fits the code.
Failure StreamFailure(std::string_view code, std::string_view message);

// Whether a JSON document with a good status is an error all the same.
bool IsErrorBody(std::string_view body);

// What an error body says that came as the text of another one: Ollama passes on llama-server's as it is. Any other text
// stays.
std::string InnerMessage(std::string_view text);

// The code for an error told within a stream: a string always, `context_length_exceeded` where the text says so,
// otherwise `code`, then `type`, then "server_error".
std::string StreamErrorCode(std::string_view code, std::string_view type, std::string_view message);

}  // namespace wayleave::provider
