#include "gateway/outcome_words.h"

#include "gateway/errors.h"

namespace wayleave::gateway {
namespace {

bool IsLimit(std::string_view code) { return code == "rate_limit_exceeded" || code == "insufficient_quota"; }

}  // namespace

bool IsOwnQueueFull(const provider::v1::Failure& failure) {
  return failure.upstream_status() == 0 && failure.code() == "server_is_overloaded";
}

const char* WordFor(const provider::v1::Failure& failure) {
  if (IsOwnQueueFull(failure)) return nullptr;
  if (IsLimit(failure.code())) return "status_429";
  if (failure.code() == "provider_authentication_failed") return "refused";
  if (failure.upstream_status() >= 500) return "status_5xx";
  if (failure.status() == 504 || failure.code() == "upstream_timeout") return "timeout";
  return failure.upstream_status() >= 400 ? "refused" : "connect";
}

const char* WordForEnd(std::string_view code) {
  if (IsRequestsFault(code)) return nullptr;
  if (IsLimit(code)) return "status_429";
  return IsOverload(code) ? "status_5xx" : "broken_stream";
}

}  // namespace wayleave::gateway
