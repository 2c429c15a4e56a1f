#include "gateway/error_labels.h"

#include <algorithm>
#include <array>

namespace wayleave::gateway {
namespace {

constexpr std::array kLabels = {
    // who asks
    "invalid_api_key", "missing_api_key", "invalid_token", "unknown_certificate", "permission_denied", "unknown_tenant",
    "tenant_suspended", "user_suspended", "outside_hours", "endpoint_not_allowed", "address_not_allowed",
    "origin_not_allowed", "model_not_allowed", "provider_not_allowed", "region_not_allowed", "denied_by_rule",
    // what is asked
    "invalid_json", "invalid_prompt", "invalid_request", "request_too_large", "context_length_exceeded",
    "content_policy_violation", "content_filter", "cyber_policy", "bio_policy", "previous_response_not_found",
    "unsupported_endpoint", "unknown_url", "method_not_allowed",
    // how much
    "rate_limit_exceeded", "budget_exceeded", "insufficient_quota", "request_exceeds_limit", "model_not_priced",
    // who can answer
    "model_not_found", "unknown_provider", "models_unknown", "no_healthy_target", "provider_not_configured",
    "provider_authentication_failed", "server_is_overloaded", "slow_down", "upstream_timeout", "upstream_unreachable",
    "upstream_unavailable", "upstream_bad_response", "upstream_closed", "upstream_tls_failed", "upstream_error",
    // ourselves
    "ledger_unavailable", "keys_unavailable", "rights_outdated", "service_unavailable", "server_error", "timeout",
};

std::string_view CodeFor(int status) {
  switch (status) {
    case 401: return "invalid_api_key";
    case 403: return "permission_denied";
    case 404: return "unknown_url";
    case 405: return "method_not_allowed";
    case 413: return "request_too_large";
    case 429: return "rate_limit_exceeded";
    case 503: return "service_unavailable";
    default: return status >= 500 ? "server_error" : "invalid_request";
  }
}

}  // namespace

std::span<const char* const> ErrorLabels() { return kLabels; }

std::size_t ErrorLabelOf(std::string_view code, int status) {
  const auto* found = std::find(kLabels.begin(), kLabels.end(), code.empty() ? CodeFor(status) : code);
  return static_cast<std::size_t>(found - kLabels.begin());
}

}  // namespace wayleave::gateway
