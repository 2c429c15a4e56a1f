#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/http/request.h"
#include "wayleave/provider/v1/provider.pb.h"

namespace wayleave::gateway {

// One URL of the gateway.
struct Door {
  std::string_view path;    // with a slash at its end: everything below it, too
  std::string_view method;  // GET includes HEAD
  const char* name;         // in the access log and the metrics
  // What its body is; unspecified where no provider is asked.
  provider::v1::Endpoint endpoint;

  bool Takes(std::string_view request_method) const;
};

// As people write it: "/v1/models/{id}". Pure.
std::string RouteOf(const Door& door);

// All of them; whoever adds a URL adds a line there. All functions are pure.
std::span<const Door> Doors();

// The one that a path leads to; nullptr if there is none.
const Door* FindDoor(std::string_view path);

// For the endpoint's answers; nullptr for one that is no front door.
const Door* DoorOf(provider::v1::Endpoint endpoint);

// Whether a request may be answered by a stream; the other doors give one document, whatever the body asks for.
bool MayStream(provider::v1::Endpoint endpoint);

// Whether clients of this door read errors and lists in the form of Anthropic's API instead of OpenAI's.
bool SpeaksMessages(provider::v1::Endpoint endpoint);

// The door's dialect, as far as the beginning of a request tells: also where the door is shared, as GET /v1/models is.
provider::v1::Endpoint DialectOf(const http::Request& request);

}  // namespace wayleave::gateway
