#pragma once

#include <string>

#include "base/http/websocket.h"
#include "gateway/generation_handler.h"
#include "gateway/websocket_answer.h"
#include "gateway/websocket_memory.h"
#include "gateway/websocket_request.h"

namespace wayleave::gateway {

// One client's conversation over a Responses WebSocket. Every question is answered like a POST /v1/responses of its
// own: with an id, a line in the access log, metrics, a reservation and a journal record, and with the key checked
// again. One after the other; questions that come meanwhile wait in the WebSocket. Lives on one worker, as long as
// Run().
class WebSocketSession {
 public:
  // `opening` is the request that opened the WebSocket: its headers hold the credential, and count for every question.
  WebSocketSession(GenerationServices& services, const http::Request& opening, ConversationBudget& budget,
                   std::size_t body_bytes);

  // Answers until the connection ends.
  Task<void> Run(http::WebSocket& socket);

 private:
  Task<void> Answer(std::string message);
  Task<void> AnswerEvent(Result<ClientEvent> event, Record& record);
  Task<void> Generate(const ClientEvent& event, Conversation::TurnPointer previous, Record& record);
  Task<void> WarmUp(const ClientEvent& event, Conversation::TurnPointer previous, Record& record);
  Task<void> Refuse(http::Response response, Record& record);

  GenerationServices& services_;
  const std::size_t body_bytes_;
  const bool with_codex_;
  http::Request request_;  // the opening one without what belongs to the WebSocket alone
  Conversation conversation_;
  http::WebSocket* socket_ = nullptr;
};

}  // namespace wayleave::gateway
