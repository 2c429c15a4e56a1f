#include "gateway/request_id.h"

#include <algorithm>

#include "base/crypto/id.h"

namespace wayleave::gateway {
namespace {

constexpr std::size_t kMostIdBytes = 128;

bool IsIdCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

}  // namespace

std::string RequestIdOf(const http::HeaderList& headers) {
  const std::string_view given = headers.Get("x-request-id");
  const bool clean =
      !given.empty() && given.size() <= kMostIdBytes && std::all_of(given.begin(), given.end(), IsIdCharacter);
  return clean ? std::string(given) : crypto::MakeId("req_");
}

}  // namespace wayleave::gateway
