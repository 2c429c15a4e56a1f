#include "gateway/errors.h"

#include <ctime>
#include <nlohmann/json.hpp>
#include <optional>

namespace wayleave::gateway {
namespace {

using Json = nlohmann::ordered_json;

std::string Dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json OrNull(std::string_view text) { return text.empty() ? Json(nullptr) : Json(text); }

const char* TypeOf(int status) {
  switch (status) {
    case 401:
      return "authentication_error";
    case 403:
      return "permission_error";
    case 429:
      return "rate_limit_error";
    case 504:
      return "timeout_error";
    default:
      return status >= 500 ? "server_error" : "invalid_request_error";
  }
}

// gRPC's codes to HTTP's (google.rpc.Code). Faults of our own parts are 503, never 500: clients show its text.
int StatusOf(Code code) {
  switch (code) {
    case Code::kInvalidArgument:
    case Code::kFailedPrecondition:
    case Code::kOutOfRange:
      return 400;
    case Code::kUnauthenticated:
      return 401;
    case Code::kPermissionDenied:
      return 403;
    case Code::kNotFound:
      return 404;
    case Code::kAlreadyExists:
    case Code::kAborted:
      return 409;
    case Code::kResourceExhausted:
      return 429;
    case Code::kUnimplemented:
      return 501;
    case Code::kDeadlineExceeded:
      return 504;
    default:
      return 503;
  }
}

std::string DefaultReason(Code code) {
  switch (code) {
    case Code::kUnauthenticated:
      return "invalid_api_key";
    case Code::kResourceExhausted:
      return "rate_limit_exceeded";
    case Code::kUnavailable:
      return "service_unavailable";
    case Code::kDeadlineExceeded:
      return "timeout";
    default:
      return {};
  }
}

// Codex gives up at once on a 429 that does not say how long to wait.
void AddRetryAfter(http::Response& response, std::optional<std::int64_t> milliseconds) {
  if (!milliseconds && response.status == 429) milliseconds = 5000;
  if (milliseconds) response.headers.Add("Retry-After", std::to_string((*milliseconds + 999) / 1000));
}

}  // namespace

http::Response ErrorResponse(int status, std::string_view type, std::string_view code, std::string_view message) {
  http::Response response;
  response.status = status;
  response.headers.Add("Content-Type", "application/json");
  response.body = Dump({{"error", {{"message", message}, {"type", type}, {"param", nullptr}, {"code", OrNull(code)}}}});
  return response;
}

http::Response ErrorResponse(const Error& error) {
  const int status = StatusOf(error.code);
  const std::string reason = error.reason.empty() ? DefaultReason(error.code) : error.reason;
  http::Response response = ErrorResponse(status, TypeOf(status), reason, error.message);
  std::optional<std::int64_t> wait;
  if (error.retry_after) wait = error.retry_after->count();
  AddRetryAfter(response, wait);
  if (status == 401) response.headers.Add("WWW-Authenticate", "Bearer");
  return response;
}

http::Response FailureResponse(const provider::v1::Failure& failure) {
  http::Response response = ErrorResponse(failure.status(), failure.type(), failure.code(), failure.message());
  if (!failure.body().empty()) response.body = failure.body();
  std::optional<std::int64_t> wait;
  if (failure.has_retry_after())
    wait = failure.retry_after().seconds() * 1000 + failure.retry_after().nanos() / 1'000'000;
  AddRetryAfter(response, wait);
  return response;
}

http::Response ServerErrorPage(int status, std::string_view message) {
  return ErrorResponse(status, TypeOf(status), status == 413 ? "request_too_large" : "", message);
}

std::string BrokenStreamEvent(provider::v1::Endpoint endpoint, std::string_view response_id, std::uint64_t sequence,
                              std::string_view code, std::string_view message) {
  if (endpoint != provider::v1::ENDPOINT_RESPONSES) {
    return "data: " +
           Dump({{"error", {{"message", message}, {"type", "server_error"}, {"param", nullptr}, {"code", code}}}}) +
           "\n\n";
  }
  const Json event = {{"type", "response.failed"},
                      {"sequence_number", sequence},
                      {"response",
                       {{"id", response_id},
                        {"object", "response"},
                        {"created_at", static_cast<std::int64_t>(std::time(nullptr))},
                        {"status", "failed"},
                        {"error", {{"code", code}, {"message", message}}},
                        {"incomplete_details", nullptr},
                        {"output", Json::array()},
                        {"usage", nullptr}}}};
  return "event: response.failed\ndata: " + Dump(event) + "\n\n";
}

}  // namespace wayleave::gateway
