#include "gateway/doors.h"

#include <algorithm>
#include <array>

namespace wayleave::gateway {
namespace {

using provider::v1::Endpoint;

constexpr std::array kDoors = {
    Door{"/v1/responses", "POST", "responses", provider::v1::ENDPOINT_RESPONSES},
    Door{"/v1/chat/completions", "POST", "chat_completions", provider::v1::ENDPOINT_CHAT_COMPLETIONS},
    Door{"/v1/messages", "POST", "messages", provider::v1::ENDPOINT_MESSAGES},
    Door{"/v1/messages/count_tokens", "POST", "count_tokens", provider::v1::ENDPOINT_COUNT_TOKENS},
    Door{"/v1/embeddings", "POST", "embeddings", provider::v1::ENDPOINT_EMBEDDINGS},
    Door{"/v1/route/explain", "POST", "route_explain", provider::v1::ENDPOINT_UNSPECIFIED},
    Door{"/v1/models", "GET", "models", provider::v1::ENDPOINT_UNSPECIFIED},
    Door{"/v1/models/", "GET", "models", provider::v1::ENDPOINT_UNSPECIFIED},
};

bool LeadsTo(const Door& door, std::string_view path) {
  return path == door.path || (door.path.ends_with('/') && path.starts_with(door.path));
}

}  // namespace

bool Door::Takes(std::string_view request_method) const {
  return request_method == method || (method == "GET" && request_method == "HEAD");
}

std::string RouteOf(const Door& door) { return std::string(door.path) + (door.path.ends_with('/') ? "{id}" : ""); }

std::span<const Door> Doors() { return kDoors; }

const Door* FindDoor(std::string_view path) {
  const auto* found = std::find_if(kDoors.begin(), kDoors.end(), [&](const Door& door) { return LeadsTo(door, path); });
  return found == kDoors.end() ? nullptr : found;
}

const Door* DoorOf(Endpoint endpoint) {
  const auto* found =
      std::find_if(kDoors.begin(), kDoors.end(), [&](const Door& door) { return door.endpoint == endpoint; });
  return found == kDoors.end() || endpoint == provider::v1::ENDPOINT_UNSPECIFIED ? nullptr : found;
}

bool MayStream(Endpoint endpoint) {
  return endpoint != provider::v1::ENDPOINT_COUNT_TOKENS && endpoint != provider::v1::ENDPOINT_EMBEDDINGS;
}

bool SpeaksMessages(Endpoint endpoint) {
  return endpoint == provider::v1::ENDPOINT_MESSAGES || endpoint == provider::v1::ENDPOINT_COUNT_TOKENS;
}

Endpoint DialectOf(const http::Request& request) {
  const Door* door = FindDoor(request.path());
  if (door && door->endpoint != provider::v1::ENDPOINT_UNSPECIFIED) return door->endpoint;
  return request.headers.Has("anthropic-version") ? provider::v1::ENDPOINT_MESSAGES
                                                  : provider::v1::ENDPOINT_UNSPECIFIED;
}

}  // namespace wayleave::gateway
