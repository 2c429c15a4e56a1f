#include "gateway/inference_errors.h"

#include <charconv>
#include <nlohmann/json.hpp>

namespace wayleave::gateway {
namespace {

using Json = nlohmann::json;

// gRPC allows 8 KiB of headers by default; there the message stands twice, once with every byte in three.
constexpr std::size_t kMostMessageBytes = 1200;

Code CodeOf(int status) {
  switch (status) {
    case 401:
      return Code::kUnauthenticated;
    case 403:
      return Code::kPermissionDenied;
    case 404:
      return Code::kNotFound;
    case 408:
    case 504:
      return Code::kDeadlineExceeded;
    case 409:
      return Code::kAborted;
    case 402:
    case 413:
    case 429:
      return Code::kResourceExhausted;
    case 501:
      return Code::kUnimplemented;
    default:
      return status >= 500 ? Code::kUnavailable : Code::kInvalidArgument;
  }
}

std::string Member(const Json& error, const char* name) {
  const auto found = error.find(name);
  return found != error.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// Not in the middle of a character.
std::string Cut(std::string text) {
  if (text.size() <= kMostMessageBytes) return text;
  std::size_t end = kMostMessageBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  text.resize(end);
  return text + "...";
}

std::optional<std::chrono::milliseconds> RetryAfter(const http::HeaderList& headers) {
  const std::string_view value = headers.Get("retry-after");
  int seconds = 0;
  const auto read = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (read.ec != std::errc() || read.ptr != value.data() + value.size()) return std::nullopt;
  return std::chrono::seconds(seconds);
}

}  // namespace

Error ErrorOf(const http::Response& response) {
  Error error{CodeOf(response.status), "", "", RetryAfter(response.headers)};
  const Json body = Json::parse(response.body, nullptr, false);
  const auto said = body.is_object() ? body.find("error") : body.end();
  if (said != body.end() && said->is_object()) {
    error.message = Cut(Member(*said, "message"));
    error.reason = Member(*said, "code");
    if (error.reason.empty()) error.reason = Member(*said, "type");
  }
  if (error.message.empty())
    error.message = "The provider refused with status " + std::to_string(response.status) + ".";
  if (error.reason.size() > 64) error.reason.resize(64);
  return error;
}

}  // namespace wayleave::gateway
