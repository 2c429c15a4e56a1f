// Messages of any bytes on a Responses WebSocket: refused in words, or made the body of a request, which is JSON if the
// message was. What is broken within a value passes, as it does over HTTP: whoever reads the value refuses it.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "gateway/websocket_request.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string message(reinterpret_cast<const char*>(data), size);
  const auto event = wayleave::gateway::ReadClientEvent(message);
  if (!event) {
    if (event.error().message.empty()) std::abort();
    return 0;
  }
  if (event->kind == wayleave::gateway::ClientEvent::Kind::kNotice) return 0;
  if (!nlohmann::json::accept(data, data + size)) return 0;
  const std::string body = wayleave::gateway::BodyOf(*event, R"({"type":"message","role":"user","content":"x"})");
  if (!nlohmann::json::parse(body, nullptr, false).is_object()) std::abort();
  return 0;
}
