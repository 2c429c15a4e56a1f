#include "provider-service/dialect/errors.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "provider-service/dialect/json_access.h"
#include "provider-service/dialect/json_text.h"

namespace wayleave::provider {
namespace {

constexpr std::size_t kLongestMessage = 2000;

// What the body says, whatever its shape.
struct Said {
  std::string message;
  std::string type;
  std::string code;
  std::string inner_code;  // Azure's
  Json body;
  bool has_error_object = false;
};

bool IsNumber(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c); });
}

bool ContainsNoCase(std::string_view text, std::string_view lower_needle) {
  return std::search(text.begin(), text.end(), lower_needle.begin(), lower_needle.end(), [](char a, char b) {
           return std::tolower(static_cast<unsigned char>(a)) == b;
         }) != text.end();
}

bool IsContextLength(std::string_view message) {
  constexpr std::array<std::string_view, 12> kTexts = {
      "context length",      "context_length",       "maximum context",    "context window",
      "too many tokens",     "exceeds the available context", "prompt is too long", "input is too long",
      "exceed_context_size", "exceeds the context size", "maximum prompt length",
      "exceed context limit"};
  return std::any_of(kTexts.begin(), kTexts.end(), [&](auto text) { return ContainsNoCase(message, text); });
}

// Codex tells the user these as they are and stops, whatever the status.
bool IsFinal(std::string_view code) {
  return code == "invalid_prompt" || code == "model_not_found" || code == "content_policy_violation" ||
         code == "cyber_policy" || code == "bio_policy" || code == "context_length_exceeded";
}

// FastAPI's {"detail": [{"loc": …, "msg": …}, …]}, or a text.
std::string DetailText(const Json& detail) {
  if (!detail.is_array()) return detail.is_object() ? TextAt(detail, "message") : TextOf(detail);
  std::string text;
  for (const Json& fault : detail) {
    if (!text.empty()) text += "; ";
    text += TextAt(fault, "msg");
  }
  return text;
}

std::string Shortened(std::string text) {
  if (text.size() <= kLongestMessage) return text;
  std::size_t end = kLongestMessage;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

void ReadObject(const Json& error, Said& said) {
  said.message = TextAt(error, "message");
  said.type = TextAt(error, "type");
  const Json& code = At(error, "code");
  said.code = code.is_number_integer() ? std::to_string(code.get<std::int64_t>()) : TextOf(code);
  said.inner_code = TextAt(At(error, "innererror"), "code");
}

// Azure's word for a request that its filter stopped.
bool IsFiltered(const Said& said) {
  return said.code == "content_filter" || said.inner_code == "ResponsibleAIPolicyViolation";
}

Said Read(std::string_view body) {
  Said said;
  said.body = Json::parse(body, nullptr, false);
  if (said.body.is_array() && !said.body.empty()) said.body = Json(said.body.front());
  const Json& error = At(said.body, "error");
  said.has_error_object = error.is_object();
  ReadObject(said.has_error_object ? error : said.body, said);
  if (said.message.empty()) said.message = TextOf(error);
  if (said.message.empty()) said.message = DetailText(At(said.body, "detail"));
  // A page of HTML helps nobody; plain text does.
  const std::size_t first = body.find_first_not_of(" \t\r\n");
  const bool text = said.body.is_discarded() && first != std::string_view::npos && body[first] != '<';
  if (said.message.empty() && text) said.message = Utf8(body.substr(first));
  said.message = Shortened(InnerMessage(said.message));
  return said;
}

std::string Explained(int status, const Said& said) {
  if (!said.message.empty()) return said.message;
  return "The provider answered " + std::to_string(status) + " without a reason.";
}

Failure Make(int status, std::string type, std::string code, std::string message, bool retryable) {
  Failure failure;
  failure.status = status;
  failure.type = std::move(type);
  failure.code = std::move(code);
  failure.message = std::move(message);
  failure.retryable = retryable;
  return failure;
}

Failure RateLimit(const Said& said) {
  const bool quota = said.code == "insufficient_quota" || said.type == "insufficient_quota";
  return Make(429, quota ? "insufficient_quota" : "rate_limit_error",
              quota ? "insufficient_quota" : "rate_limit_exceeded", Explained(429, said), true);
}

// What the provider said stays out: it may repeat a part of the key.
Failure Authentication(int status) {
  std::string message = "The provider refused the gateway's credentials (" + std::to_string(status) +
                        "). Operator: check this provider's API key and what it is allowed to use.";
  return Make(502, "server_error", "provider_authentication_failed", std::move(message), true);
}

// 500 never goes out: Codex hides its text.
Failure ServerFault(int status, const Said& said) {
  if (status == 503 || status == 529) {
    const bool known = said.code == "server_is_overloaded" || said.code == "slow_down";
    const std::string code = known ? said.code : status == 529 ? "server_is_overloaded" : "upstream_unavailable";
    return Make(503, "server_error", code, Explained(status, said), true);
  }
  const bool late = status == 408 || status == 504;
  return Make(502, "server_error", late ? "upstream_timeout" : "upstream_error", Explained(status, said), true);
}

Failure Permanent(int status, const Said& said) {
  if (status == 404) {
    const std::string text = said.message.empty()
                                 ? "The provider answered 404: it has no such model, or its base_url is wrong."
                                 : said.message;
    return Make(404, "invalid_request_error", "model_not_found", text, false);
  }
  // Anthropic has no code for it.
  const bool filtered = ContainsNoCase(said.message, "blocked by content filtering policy");
  const std::string code = filtered ? "content_policy_violation" : IsFinal(said.code) ? said.code : "invalid_prompt";
  return Make(400, "invalid_request_error", code, Explained(status, said), false);
}

// Anthropic says it with a 400.
bool IsOutOfMoney(int status, const Said& said) {
  return status == 402 || (status == 400 && ContainsNoCase(said.message, "credit balance is too low"));
}

Failure Classify(int status, const Said& said) {
  const bool may_be_context = status == 400 || status == 413 || status == 422 || status == 500;
  if (may_be_context && (said.code == "context_length_exceeded" || IsContextLength(said.message))) {
    return Make(400, "invalid_request_error", "context_length_exceeded", Explained(status, said), false);
  }
  if (status < 500 && IsFiltered(said)) {
    return Make(400, "invalid_request_error", "content_policy_violation", Explained(status, said), false);
  }
  if (status == 401 || status == 403) return Authentication(status);
  if (IsOutOfMoney(status, said)) {
    return Make(429, "insufficient_quota", "insufficient_quota", Explained(status, said), true);
  }
  if (status == 429) return RateLimit(said);
  if (status >= 500 || status == 408 || status == 425) return ServerFault(status, said);
  if (status >= 400) return Permanent(status, said);
  return Make(502, "server_error", "upstream_bad_response",
              "The provider answered with status " + std::to_string(status) + ". Operator: check its base_url.", true);
}

bool PassesOn(int status) {
  return status == 400 || status == 404 || status == 409 || status == 413 || status == 422 || status == 429;
}

// The provider's own words, but for a code that is no string: clients lose the message then.
void KeepBody(int status, std::string_view body, Said& said, Failure& failure) {
  const bool context = failure.code == "context_length_exceeded";
  if (failure.code == "insufficient_quota" && status != 429) return;
  if (context && (status != 400 || said.code != failure.code)) return;
  if (IsFiltered(said)) return;
  failure.status = status;
  if (!said.code.empty() && !IsNumber(said.code)) failure.code = said.code;
  if (!said.type.empty()) failure.type = said.type;
  Json& error = said.body["error"];
  if (At(error, "code").is_null() || At(error, "code").is_string()) {
    failure.body = body;
    return;
  }
  error["code"] = said.code.empty() ? Json(nullptr) : Json(said.code);
  failure.body = Dumped(said.body);
}

// The types of errors of the Messages API, which has no codes.
std::string_view CodeOfType(std::string_view type) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kCodes = {{
      {"overloaded_error", "server_is_overloaded"},
      {"rate_limit_error", "rate_limit_exceeded"},
      {"api_error", "server_error"},
      {"timeout_error", "upstream_timeout"},
      {"billing_error", "insufficient_quota"},
      {"not_found_error", "model_not_found"},
      {"request_too_large", "invalid_prompt"},
      {"authentication_error", "provider_authentication_failed"},
      {"permission_error", "provider_authentication_failed"},
  }};
  const auto* found = std::find_if(kCodes.begin(), kCodes.end(), [&](const auto& row) { return row.first == type; });
  return found == kCodes.end() ? type : found->second;
}

}  // namespace

Failure MapUpstreamError(int status, std::string_view body, std::optional<std::int64_t> retry_after_ms,
                         bool same_dialect) {
  Said said = Read(body);
  Failure failure = Classify(status, said);
  failure.upstream_status = status;
  failure.retry_after_ms = retry_after_ms;
  if (same_dialect && said.has_error_object && PassesOn(status)) KeepBody(status, body, said, failure);
  return failure;
}

Failure ConnectFailure(ConnectFault fault, std::string_view detail) {
  const auto make = [&](int status, const char* code, const char* what) {
    std::string message = what;
    if (!detail.empty()) message.append(": ").append(Utf8(detail));
    return Make(status, "server_error", code, std::move(message), true);
  };
  switch (fault) {
    case ConnectFault::kResolve: return make(503, "upstream_unreachable", "The provider's host name is not known");
    case ConnectFault::kRefused: return make(503, "upstream_unreachable", "The provider cannot be reached");
    case ConnectFault::kConnectTimeout:
      return make(503, "upstream_unreachable", "Connecting to the provider took too long");
    case ConnectFault::kTls: return make(502, "upstream_tls_failed", "No secure connection to the provider");
    case ConnectFault::kClosed: return make(502, "upstream_closed", "The provider closed the connection");
    case ConnectFault::kFirstByteTimeout: return make(504, "upstream_timeout", "The provider did not answer in time");
    case ConnectFault::kBadResponse: break;
  }
  return make(502, "upstream_bad_response", "The provider's answer is not HTTP");
}

std::string ErrorBody(const Failure& failure) {
  if (!failure.body.empty()) return failure.body;
  std::string json = "{\"error\":{\"message\":";
  AppendString(json, Utf8(failure.message));
  json += ",\"type\":";
  AppendString(json, Utf8(failure.type));
  json += ",\"param\":null,\"code\":";
  if (failure.code.empty()) {
    json += "null";
  } else {
    AppendString(json, Utf8(failure.code));
  }
  return json + "}}";
}

Failure StreamFailure(std::string_view code, std::string_view message) {
  const std::string text(message);
  const std::string word(code);
  if (code == "model_not_found") return Make(404, "invalid_request_error", word, text, false);
  if (IsFinal(code)) return Make(400, "invalid_request_error", word, text, false);
  if (code == "rate_limit_exceeded" || code == "insufficient_quota") {
    return Make(429, code == "insufficient_quota" ? word : "rate_limit_error", word, text, true);
  }
  const bool busy = code == "server_is_overloaded" || code == "slow_down";
  return Make(busy ? 503 : 502, "server_error", word, text, true);
}

bool IsErrorBody(std::string_view body) {
  if (body.find("\"error\"") == std::string_view::npos) return false;
  const Json document = Json::parse(body, nullptr, false);
  const Json& error = At(document, "error");
  const bool answers = document.is_object() && (document.contains("choices") || document.contains("output"));
  return !answers && (error.is_object() || error.is_string());
}

std::string InnerMessage(std::string_view text) {
  if (!text.starts_with('{')) return std::string(text);
  const Json inner = Json::parse(text, nullptr, false);
  const std::string& message = TextAt(At(inner, "error"), "message");
  return message.empty() ? std::string(text) : message;
}

std::string StreamErrorCode(std::string_view code, std::string_view type, std::string_view message) {
  if (IsContextLength(message)) return "context_length_exceeded";
  // Would send Codex's user to a shop.
  if (code == "usage_not_included") return "insufficient_quota";
  if (code == "429") return "rate_limit_exceeded";
  if (code == "content_filter") return "content_policy_violation";
  const bool bad_request = type == "invalid_request_error" || type == "BadRequestError";
  if (code.empty() && bad_request) return "invalid_prompt";
  if (IsNumber(code)) return code.size() == 3 && code[0] == '4' && code != "408" ? "invalid_prompt" : "server_error";
  if (!code.empty()) return std::string(code);
  return type.empty() ? "server_error" : std::string(CodeOfType(type));
}

}  // namespace wayleave::provider
