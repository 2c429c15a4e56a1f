#include "provider-service/failures.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "provider-service/dialect/errors.h"

namespace wayleave::provider {
namespace {

// What is shorter is no secret, and could be a word.
constexpr std::size_t kShortestKey = 8;
constexpr const char* kHiddenKey = "[hidden key]";

ConnectFault FaultOf(std::string_view reason) {
  if (reason == "resolve") return ConnectFault::kResolve;
  if (reason == "refused") return ConnectFault::kRefused;
  if (reason == "connect_timeout") return ConnectFault::kConnectTimeout;
  if (reason == "tls") return ConnectFault::kTls;
  if (reason.ends_with("_timeout")) return ConnectFault::kFirstByteTimeout;
  if (reason == "bad_response") return ConnectFault::kBadResponse;
  return ConnectFault::kClosed;
}

std::string MediaType(const http::ResponseHead& head) {
  std::string type(http::FindHeader(head.headers, "content-type"));
  type = type.substr(0, type.find_first_of("; "));
  std::transform(type.begin(), type.end(), type.begin(), [](unsigned char c) { return std::tolower(c); });
  return type;
}

bool IsPlain(std::string_view text) {
  return !text.empty() && text.size() < 100 &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > 0x20 && c < 0x7F && c != '"'; });
}

}  // namespace

void HideKeys(const std::vector<config::Secret>& keys, std::string& text) {
  for (const config::Secret& secret : keys) {
    const std::string& key = secret.Reveal();
    if (key.size() < kShortestKey) continue;
    for (std::size_t at = text.find(key); at != std::string::npos; at = text.find(key, at)) {
      text.replace(at, key.size(), kHiddenKey);
    }
  }
}

void HideKeys(const std::vector<config::Secret>& keys, Failure& failure) {
  for (std::string* text : {&failure.type, &failure.code, &failure.message, &failure.body}) HideKeys(keys, *text);
}

// An event is never in two pieces.
void HideKeys(const std::vector<config::Secret>& keys, v1::GenerateResponse& piece) {
  HideKeys(keys, *piece.mutable_data());
  if (piece.has_cut()) HideKeys(keys, *piece.mutable_cut()->mutable_data());
  if (piece.has_end()) HideKeys(keys, *piece.mutable_end()->mutable_error_code());
  if (!piece.has_interrupted()) return;
  HideKeys(keys, *piece.mutable_interrupted()->mutable_error_code());
  HideKeys(keys, *piece.mutable_interrupted()->mutable_message());
}

Failure PrepareFailure(const Error& error) {
  Failure failure;
  failure.status = 400;
  failure.type = "invalid_request_error";
  failure.code = error.reason;
  failure.message = error.message;
  failure.retryable = error.code == Code::kUnimplemented;  // another target may speak the dialect
  return failure;
}

Failure SendFailure(const Error& error) {
  const bool told = error.reason.ends_with("_timeout") || error.reason == "closed";
  return ConnectFailure(FaultOf(error.reason), told ? std::string_view{} : error.message);
}

Failure SilenceFailure(std::string message) {
  Failure failure = ConnectFailure(ConnectFault::kFirstByteTimeout, {});
  failure.message = std::move(message);
  return failure;
}

Failure OverloadedFailure(const std::string& model, bool late, std::chrono::milliseconds wait) {
  Failure failure;
  failure.status = 503;
  failure.code = "server_is_overloaded";
  failure.message = "The model \"" + model + "\" is busy: " +
                    (late ? "its turn did not come in time." : "as many requests as may be wait for it.") +
                    " Try again in " + std::to_string((wait.count() + 999) / 1000) + " s.";
  failure.retry_after_ms = wait.count();
  failure.retryable = true;
  return failure;
}

Failure UndeliveredFailure(const Output& output) {
  const std::string_view message = output.error_message;
  return StreamFailure(output.error_code, message.empty() ? "The provider reported an error." : message);
}

Failure StatusFailure(const http::ResponseHead& head, std::string_view body, bool same_dialect, std::int64_t now) {
  return MapUpstreamError(head.status, body, RetryAfterMs(head, now), same_dialect);
}

Failure NotAStreamFailure(const http::ResponseHead& head, std::string_view body) {
  if (body.find("\"error\"") != std::string_view::npos) {
    Failure failure = MapUpstreamError(500, body, std::nullopt, false);
    failure.upstream_status = head.status;
    return failure;
  }
  const std::string type = MediaType(head);
  Failure failure;
  failure.status = 502;
  failure.code = "upstream_bad_response";
  failure.message = "The provider answered a request for a stream with " +
                    (IsPlain(type) ? type : std::string("something else")) + ".";
  failure.retryable = true;
  failure.upstream_status = head.status;
  return failure;
}

bool LooksLikeEvents(const http::ResponseHead& head) {
  const std::string type = MediaType(head);
  // Some servers forget the type; what says outright that it is a document or a page is none.
  return type == "text/event-stream" || type.empty() || type == "text/plain" || type == "application/octet-stream";
}

bool LooksLikeOneDocument(const http::ResponseHead& head) { return MediaType(head) == "application/json"; }

bool LooksLikeJson(const http::ResponseHead& head) {
  const std::string type = MediaType(head);
  return LooksLikeOneDocument(head) || type == "application/x-ndjson" || type == "application/jsonl";
}

std::string_view BreakMessage(std::string_view reason) {
  if (reason == "idle_timeout") return "The model's provider fell silent in the middle of its answer.";
  if (reason == "total_timeout") return "The model's answer took longer than it may.";
  if (reason == "bad_response") return "The model's provider sent an answer that is not proper HTTP.";
  return "The connection to the model's provider broke off.";
}

std::string_view StatusReason(int status) {
  if (status == 429) return "status_429";
  if (status / 100 == 4) return "status_4xx";
  if (status / 100 == 5) return "status_5xx";
  return "status_other";
}

}  // namespace wayleave::provider
