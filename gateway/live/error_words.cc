#include "gateway/live/error_words.h"

#include <algorithm>
#include <array>

namespace wayleave::gateway {
namespace {

struct Row {
  std::string_view code;
  std::string_view words;
};

constexpr std::array kRows = {
    Row{"invalid_api_key",
        "The key is missing, unknown, expired or revoked: `wayleave key list` shows those that are good."},
    Row{"permission_denied",
        "The terms of the key, its user or its tenant do not allow this: `wayleave key list` shows them."},
    Row{"outside_hours", "The terms allow requests at other hours only: `wayleave key list` shows them."},
    Row{"tenant_suspended", "The tenant is suspended: `wayleave tenant resume` gives its rights back."},
    Row{"user_suspended", "The user is suspended: `wayleave user resume` gives the rights back."},
    Row{"model_not_priced", "A budget applies, and no target of this model has a price: put one under `prices`."},
    Row{"model_not_found", "No route has this model for this key: `wayleave route explain --model` says why."},
    Row{"no_healthy_target",
        "Every target of the route is out: see the targets' health, and the providers' own status pages."},
    Row{"rate_limit_exceeded",
        "A limit was reached, ours or the provider's: the client may come again after retry-after."},
    Row{"insufficient_quota", "A budget is used up, ours or the provider's account: `wayleave budget` shows ours."},
    Row{"budget_exceeded", "A budget ended the answer: `wayleave budget` shows what is left."},
    Row{"provider_authentication_failed",
        "The provider refused our credentials: look at its api_key in the configuration."},
    Row{"provider_not_configured", "provider-service does not know this provider: give all services the same file."},
    Row{"server_is_overloaded",
        "The provider or its queue here is full: add targets, or raise the provider's concurrency."},
    Row{"slow_down", "The provider asks for fewer requests: add targets, or lower the tenants' limits."},
    Row{"upstream_timeout", "The provider did not answer in time: see its timeouts in the configuration."},
    Row{"upstream_bad_response", "The provider's answer was not what its dialect says: is `dialect` right for it?"},
    Row{"timeout", "The whole request took too long: gateway.timeouts.total says how long it may."},
    Row{"service_unavailable", "One of our services did not answer: see the health of the parts."},
    Row{"server_error", "The provider failed, or the connection to it broke off."},
    Row{"context_length_exceeded",
        "The conversation is longer than the model's context window; the client shortens it."},
    Row{"invalid_prompt", "The request is not one that this endpoint takes; the client was told what is wrong."},
    Row{"invalid_json", "The body is no JSON; the client was told where."},
    Row{"request_too_large", "The request is larger than gateway.limits.body_bytes."},
    Row{"unknown_url",
        "There is nothing at this path: is the client's base URL right? It ends in /v1 for OpenAI's clients."},
};

std::string_view ByStatus(int status) {
  if (status == 401) return kRows[0].words;
  if (status == 403) return kRows[1].words;
  if (status == 429) return "A limit or a budget was reached: `wayleave budget` shows ours.";
  if (status >= 500) return "A provider or one of our services failed: the gateway's log has this request by its id.";
  if (status >= 400) return "The request was refused; the client was told why.";
  return "The answer ended with a failure after it had begun: the gateway's log has this request by its id.";
}

bool IsWord(std::string_view text) {
  return text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
         });
}

}  // namespace

std::string ShownCode(std::string_view code, int status) {
  if (code.empty()) return "status_" + std::to_string(status);
  return IsWord(code) ? std::string(code) : "other";
}

std::string_view WordsFor(std::string_view code, int status) {
  const auto* row = std::find_if(kRows.begin(), kRows.end(), [code](const Row& one) { return one.code == code; });
  return row == kRows.end() ? ByStatus(status) : row->words;
}

}  // namespace wayleave::gateway
