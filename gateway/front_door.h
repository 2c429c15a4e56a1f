#pragma once

#include "base/http/server.h"
#include "gateway/doors.h"
#include "gateway/generation_handler.h"
#include "gateway/websocket_door.h"

namespace wayleave::gateway {

// The URLs of the gateway: which handler answers what, with request ids, CORS, the access log and the
// metrics around all of them. Any worker.
class FrontDoor {
 public:
  FrontDoor(GenerationServices services, WebSocketDoor& websockets) : services_(services), websockets_(websockets) {}

  Task<void> Answer(http::Request& request, http::Responder& responder);

 private:
  // Answers; or, for a WebSocket that is to be accepted, gives the answer back.
  Task<std::optional<http::Response>> Dispatch(const Door* door, http::Request& request, http::Responder& responder,
                                               Record& record);
  Task<void> Reply(http::Request& request, http::Responder& responder, Record& record, http::Response response);

  GenerationServices services_;
  WebSocketDoor& websockets_;
};

}  // namespace wayleave::gateway
