#include "auth-service/identity/jwks_probe.h"

#include <chrono>

namespace wayleave::auth {
namespace {

constexpr char kRefreshes[] = "wayleave_auth_jwks_refreshes_total";
constexpr char kRefreshesHelp[] = "Times that an issuer's key set was read, by what came of it.";
constexpr char kKeys[] = "wayleave_auth_jwks_keys";
constexpr char kKeysHelp[] = "Keys of an issuer's set, by whether tokens can be verified with them.";
constexpr char kAge[] = "wayleave_auth_jwks_age_seconds";
constexpr char kAgeHelp[] = "Time since an issuer's key set was read well, or since the start if it never was.";

std::int64_t Now() { return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1); }

prometheus::Counter& Refreshes(metrics::Registry& registry, const std::string& issuer, const char* result) {
  return registry.Counter(kRefreshes, kRefreshesHelp, {{"issuer", issuer}, {"result", result}});
}

prometheus::Gauge& Keys(metrics::Registry& registry, const std::string& issuer, const char* state) {
  return registry.Gauge(kKeys, kKeysHelp, {{"issuer", issuer}, {"state", state}});
}

}  // namespace

void JwksProbe::Declare(metrics::Registry& registry) {
  registry.Counters(kRefreshes, kRefreshesHelp, {"issuer", "result"});
  registry.Gauges(kKeys, kKeysHelp, {"issuer", "state"});
  registry.Gauges(kAge, kAgeHelp, {"issuer"});
}

JwksProbe::JwksProbe(metrics::Registry& registry, const std::string& issuer)
    : ok_(Refreshes(registry, issuer, "ok")),
      unreachable_(Refreshes(registry, issuer, "unreachable")),
      refused_(Refreshes(registry, issuer, "refused")),
      malformed_(Refreshes(registry, issuer, "malformed")),
      usable_(Keys(registry, issuer, "usable")),
      skipped_(Keys(registry, issuer, "skipped")),
      good_at_(std::make_shared<std::atomic<std::int64_t>>(Now())) {
  prometheus::Gauge& age = registry.Gauge(kAge, kAgeHelp, {{"issuer", issuer}});
  registry.OnCollect([weak = std::weak_ptr(good_at_), &age] {
    if (const auto good_at = weak.lock()) age.Set(static_cast<double>(Now() - *good_at) / 1e9);
  });
}

void JwksProbe::Good(const KeySet& keys) {
  ok_.Increment();
  usable_.Set(static_cast<double>(keys.size()));
  skipped_.Set(static_cast<double>(keys.skipped()));
  *good_at_ = Now();
}

void JwksProbe::Failed(std::string_view reason) {
  if (reason == "refused") return refused_.Increment();
  if (reason == "malformed") return malformed_.Increment();
  unreachable_.Increment();
}

}  // namespace wayleave::auth
