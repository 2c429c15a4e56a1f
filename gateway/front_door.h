#pragma once

#include "base/http/server.h"
#include "gateway/doors.h"
#include "gateway/generation_handler.h"

namespace wayleave::gateway {

// The URLs of the gateway: which handler answers what, with request ids, CORS, the access log and the
// metrics around all of them. Any worker.
class FrontDoor {
 public:
  FrontDoor(GenerationServices services, bool access_log) : services_(services), access_log_(access_log) {}

  Task<void> Answer(http::Request& request, http::Responder& responder);

 private:
  Task<void> Dispatch(const Door* door, http::Request& request, http::Responder& responder, Record& record);
  Task<void> Reply(http::Request& request, http::Responder& responder, Record& record, http::Response response);

  GenerationServices services_;
  const bool access_log_;
};

}  // namespace wayleave::gateway
