#pragma once

#include "base/http/server.h"
#include "gateway/config.h"
#include "gateway/generation_handler.h"
#include "gateway/websocket_memory.h"

namespace wayleave::gateway {

// GET /v1/responses with Upgrade: websocket: the Responses API over one connection, in the protocol that OpenAI calls
// WebSocket mode and Codex uses with `supports_websockets = true`. Any worker.
class WebSocketDoor {
 public:
  WebSocketDoor(GenerationServices services, const Config& config, metrics::Registry& registry);

  // The answer to a request that asks for a WebSocket: 101 with the headers to accept it with, or why not.
  Task<http::Response> Admit(const http::Request& request, Record& record);

  // Accepts a request that was admitted, and answers what comes until the connection ends.
  Task<void> Converse(const http::Request& request, http::Responder& responder, http::HeaderList headers);

 private:
  Task<http::HeaderList> AcceptingHeaders(const auth::v1::Principal& principal, const rpc::CallContext& context);

  GenerationServices services_;
  const WebSocketConfig config_;
  const std::size_t body_bytes_;
  ConversationBudget budget_;
};

}  // namespace wayleave::gateway
