#include "gateway/errors.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <nlohmann/json.hpp>
#include <optional>

#include "gateway/doors.h"

namespace wayleave::gateway {
namespace {

using Json = nlohmann::ordered_json;
using std::chrono::milliseconds;

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

// What a failure of our own is for HTTP, and its code where the service gave no reason of its own. Faults of our own
// parts are 503, never 500: Codex hides the text of a 500. Codes that are not listed are such faults.
struct Row {
  Code code;
  int status;
  const char* reason;
};
constexpr Row kOther = {Code::kInternal, 503, "service_unavailable"};
constexpr std::array kRows = {
    Row{Code::kInvalidArgument, 400, "invalid_prompt"},
    Row{Code::kFailedPrecondition, 400, "invalid_prompt"},
    Row{Code::kOutOfRange, 400, "invalid_prompt"},
    Row{Code::kUnauthenticated, 401, "invalid_api_key"},
    Row{Code::kPermissionDenied, 403, "permission_denied"},
    Row{Code::kNotFound, 404, "not_found"},
    Row{Code::kAlreadyExists, 409, "conflict"},
    Row{Code::kAborted, 409, "conflict"},
    Row{Code::kResourceExhausted, 429, "rate_limit_exceeded"},
    Row{Code::kUnimplemented, 501, "not_implemented"},
    Row{Code::kUnavailable, 503, "service_unavailable"},
    Row{Code::kDeadlineExceeded, 504, "timeout"},
    kOther,
};

const Row& RowOf(Code code) {
  const auto* found = std::find_if(kRows.begin(), kRows.end(), [code](const Row& row) { return row.code == code; });
  return found == kRows.end() ? kOther : *found;
}

// What Codex is told instead, since it shows and does other things than the true words mean. Of several rows for one
// reason the first counts whose wait has been reached.
//
// - Of a 429 it shows nothing of what was said, so a budget that is spent is a 400, of which it shows the message alone,
//   at once.
// - It repeats a 503 thirty times, showing the message, and waits each time as long as Retry-After says. With 5 seconds
//   it outlives any circuit that opens for up to a minute, and its user never types the prompt again; those requests
//   reach no provider. Where the wait is longer than that patience, it is told the one code at which, without a
//   Retry-After, it gives up within seconds and says that another model should be chosen.
struct CodexRow {
  std::string_view reason;
  milliseconds wait;
  int status;
  std::string_view code;
  milliseconds most_wait;  // in Retry-After; 0: it is not told
};
constexpr milliseconds kCodexPause{5000};
constexpr std::array kCodexRows = {
    CodexRow{"budget_exceeded", {}, 400, "invalid_prompt", {}},
    CodexRow{"no_healthy_target", kCodexPause * 30, 503, "server_is_overloaded", {}},
    CodexRow{"no_healthy_target", {}, 503, "no_healthy_target", kCodexPause},
};

const CodexRow* CodexRowOf(const Error& error) {
  const auto wait = error.retry_after.value_or(milliseconds(0));
  const auto* found = std::find_if(kCodexRows.begin(), kCodexRows.end(), [&](const CodexRow& row) {
    return row.reason == error.reason && wait >= row.wait;
  });
  return found == kCodexRows.end() ? nullptr : found;
}

// What a client is told of an error beside its message.
struct Told {
  int status;
  std::string_view code;
  std::optional<milliseconds> wait;
};

Told InTrueWords(const Error& error) {
  const Row& row = RowOf(error.code);
  return {row.status, error.reason.empty() ? row.reason : std::string_view(error.reason), error.retry_after};
}

void BendForCodex(const Error& error, Told& told) {
  if (const CodexRow* row = CodexRowOf(error)) {
    told.status = row->status;
    told.code = row->code;
    if (told.wait) told.wait = std::min(*told.wait, row->most_wait);
    if (row->most_wait.count() == 0) told.wait.reset();
  }
  // Codex repeats a 403 six times and shows it with status and URL.
  if (told.status == 403) told.status = 400;
  if (told.status == 400 && !IsRequestsFault(told.code)) told.code = "invalid_prompt";
}

// Of a 429 Codex shows nothing of what was said, and it asks again five times at most. At this code it asks thirty times,
// as far apart as the hint says, and shows the message in the end.
void BendLimit(Told& told) {
  if (told.code != "rate_limit_exceeded") return;
  told = {503, "slow_down", std::max(told.wait.value_or(kCodexPause), kCodexPause)};
}

// Codex gives up at once on a 429 that does not say how long to wait. An overload keeps its hint for Codex, too: with it
// Codex asks 30 times, as far apart as the hint says; without it it gives the turn up after three seconds, and a turn of
// an agent that nobody watches is worth the wait. Who watches can interrupt it. One request for each hint is little to
// the busy.
void AddRetryAfter(http::Response& response, std::optional<milliseconds> wait) {
  if (!wait && response.status == 429) wait = milliseconds(5000);
  if (wait) response.headers.Add("Retry-After", std::to_string(std::chrono::ceil<std::chrono::seconds>(*wait).count()));
}

// Both vendors' SDKs try a 429 again by themselves unless they are told not to.
void AddRetryAdvice(http::Response& response, std::string_view code) {
  if (code == "insufficient_quota" || code == "budget_exceeded") response.headers.Add("x-should-retry", "false");
}

http::Response Page(int status, const Json& body) {
  http::Response response;
  response.status = status;
  response.headers.Add("Content-Type", "application/json");
  response.body = Dump(body);
  return response;
}

Json OpenAiError(std::string_view type, std::string_view code, std::string_view message) {
  return {{"error", {{"message", message}, {"type", type}, {"param", nullptr}, {"code", OrNull(code)}}}};
}

// The Messages API's own status for a busy model: its clients wait and try again.
int MessagesStatus(int status, std::string_view code) { return status == 503 && IsOverload(code) ? 529 : status; }

const char* MessagesType(int status) {
  switch (status) {
    case 401:
      return "authentication_error";
    case 403:
      return "permission_error";
    case 404:
      return "not_found_error";
    case 413:
      return "request_too_large";
    case 429:
      return "rate_limit_error";
    case 504:
      return "timeout_error";
    case 529:
      return "overloaded_error";
    default:
      return status >= 500 ? "api_error" : "invalid_request_error";
  }
}

// Claude Code knows by these words that it must shorten the conversation.
std::string MessagesText(std::string_view code, std::string_view message) {
  constexpr std::string_view kTooLong = "prompt is too long";
  const bool says_so = message.find(kTooLong) != std::string_view::npos;
  if (code != "context_length_exceeded" || says_so) return std::string(message);
  return std::string(kTooLong).append(": ").append(message);
}

Json MessagesError(const char* type, std::string_view message, std::string_view request_id) {
  return {{"type", "error"}, {"error", {{"type", type}, {"message", message}}}, {"request_id", OrNull(request_id)}};
}

// Where Anthropic's SDKs look for what they can do about it.
void AddDetails(std::string_view code, Json& body) {
  if (code != "thread_unsupported_request") return;
  body["error"]["details"] = {{"error_code", code}, {"unsupported", Json::array({"provider"})}};
}

const char* MessagesTypeOfCode(std::string_view code) {
  if (code == "timeout") return MessagesType(504);
  if (code == "rate_limit_exceeded") return MessagesType(429);
  return IsOverload(code) ? MessagesType(529) : MessagesType(500);
}

std::string ResponseFailedEvent(std::string_view response_id, std::uint64_t sequence, std::string_view code,
                                std::string_view message) {
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

}  // namespace

bool IsRequestsFault(std::string_view code) {
  constexpr std::array<std::string_view, 6> kCodes = {"invalid_prompt", "model_not_found",
                                                      "cyber_policy",   "content_policy_violation",
                                                      "bio_policy",     "context_length_exceeded"};
  return std::find(kCodes.begin(), kCodes.end(), code) != kCodes.end();
}

bool IsOverload(std::string_view code) { return code == "server_is_overloaded" || code == "slow_down"; }

// Around its app server the other two name the editor.
bool IsCodex(const http::HeaderList& headers) {
  return headers.Get("originator").starts_with("codex") || headers.Get("user-agent").starts_with("codex") ||
         headers.Has("x-codex-window-id");
}

void AddIds(provider::v1::Endpoint endpoint, const std::string& request_id, http::HeaderList& headers) {
  headers.Add("x-request-id", request_id);
  if (SpeaksMessages(endpoint)) headers.Add("request-id", request_id);
}

http::Response ErrorResponse(int status, std::string_view type, std::string_view code, std::string_view message,
                             const Addressee& to) {
  if (!SpeaksMessages(to.endpoint)) return Page(status, OpenAiError(type, code, message));
  const int own = MessagesStatus(status, code);
  Json body = MessagesError(MessagesType(own), MessagesText(code, message), to.request_id);
  AddDetails(code, body);
  return Page(own, body);
}

http::Response ErrorResponse(const Error& error, const Addressee& to) {
  Told told = InTrueWords(error);
  if (to.endpoint == provider::v1::ENDPOINT_RESPONSES) BendForCodex(error, told);
  if (to.codex) BendLimit(told);
  // OpenAI's own word for a budget that is spent.
  const char* type =
      told.status == 429 && told.code == "budget_exceeded" ? "insufficient_quota" : TypeOf(told.status);
  http::Response response = ErrorResponse(told.status, type, told.code, error.message, to);
  AddRetryAfter(response, told.wait);
  AddRetryAdvice(response, told.code);
  if (told.status == 401) response.headers.Add("WWW-Authenticate", "Bearer");
  return response;
}

http::Response FailureResponse(const provider::v1::Failure& failure, const Addressee& to) {
  http::Response response = ErrorResponse(failure.status(), failure.type(), failure.code(), failure.message(), to);
  if (!failure.body().empty()) {
    response.status = failure.status();
    response.body = failure.body();
  }
  std::optional<milliseconds> wait;
  if (failure.has_retry_after())
    wait = milliseconds(failure.retry_after().seconds() * 1000 + failure.retry_after().nanos() / 1'000'000);
  AddRetryAfter(response, wait);
  AddRetryAdvice(response, failure.code());
  return response;
}

http::Response ServerErrorPage(const http::Request& request, int status, std::string_view message) {
  std::string text(message);
  if (status == 413) text += " Send less, or raise gateway.limits.body_bytes in the gateway's configuration.";
  const std::string_view code = status == 413 ? "request_too_large" : status == 415 ? "unsupported_encoding" : "";
  return ErrorResponse(status, TypeOf(status), code, text, {DialectOf(request), {}});
}

std::string BrokenStreamEvent(provider::v1::Endpoint endpoint, std::string_view response_id, std::uint64_t sequence,
                              std::string_view code, std::string_view message) {
  if (endpoint == provider::v1::ENDPOINT_RESPONSES) return ResponseFailedEvent(response_id, sequence, code, message);
  if (SpeaksMessages(endpoint)) {
    const Json body = {{"type", "error"}, {"error", {{"type", MessagesTypeOfCode(code)}, {"message", message}}}};
    return "event: error\ndata: " + Dump(body) + "\n\n";
  }
  return "data: " + Dump(OpenAiError("server_error", code, message)) + "\n\n";
}

}  // namespace wayleave::gateway
