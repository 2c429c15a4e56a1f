#pragma once

#include <chrono>
#include <string>

#include "base/trace/context.h"

namespace wayleave::rpc {

// What travels beside a message on every hop. A plain value; copy it freely.
struct CallContext {
  // The id in the client's x-request-id reply header; empty for calls that serve no request.
  std::string request_id;
  // Where in a trace the call is made; in none for calls that serve no request.
  trace::Context trace;
  // A bearer token for calls that are made in somebody's name; empty for none. In no log and no message.
  std::string bearer;
  // When the caller stops waiting. max() for streams that last as long as they last.
  std::chrono::system_clock::time_point deadline = std::chrono::system_clock::time_point::max();

  // The same context with at most `time` left: the smaller of the inherited deadline and our own.
  CallContext Within(std::chrono::milliseconds time) const;
};

}  // namespace wayleave::rpc
