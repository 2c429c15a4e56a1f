#include "gateway/route_facts.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/text/utf8.h"
#include "gateway/credentials.h"

namespace wayleave::gateway {
namespace {

constexpr std::size_t kBytesPerToken = 4;
constexpr std::uint64_t kStepsPerOctave = 16;
constexpr double kBudgetSteps = 1000;
constexpr std::size_t kMostValueBytes = 256;
constexpr std::size_t kMostFactsBytes = 8192;

// Not in the middle of a character; what is no UTF-8 could not be read again.
std::string Cut(const std::string& value) { return text::MendUtf8(text::CutUtf8(value, kMostValueBytes)); }

auth::v1::Principal WithoutPolicy(const auth::v1::Principal& whole) {
  auth::v1::Principal principal;
  principal.set_tenant(whole.tenant());
  principal.set_user(whole.user());
  principal.set_key_id(whole.key_id());
  *principal.mutable_roles() = whole.roles();
  *principal.mutable_labels() = whole.labels();
  if (whole.has_budget_left()) principal.set_budget_left(whole.budget_left());
  return principal;
}

}  // namespace

std::string SessionOf(const Known& known) {
  if (!known.envelope.session.empty()) return known.envelope.session;
  return std::string(known.request.headers.Get("session-id"));
}

std::int64_t RoughTokens(std::size_t bytes) {
  const std::uint64_t tokens = std::max<std::uint64_t>(1, (bytes + kBytesPerToken - 1) / kBytesPerToken);
  const std::uint64_t step = std::max<std::uint64_t>(1, std::bit_floor(tokens) / kStepsPerOctave);
  return static_cast<std::int64_t>((tokens + step - 1) / step * step);
}

// Headers that name a request rather than describe it would only keep decisions from being used again.
bool MayDecide(std::string_view name) {
  return name == "x-provider" ||
         (MayTravel(name) && name != "x-request-id" && name != "traceparent" && name != "tracestate" &&
          !name.starts_with("x-codex-") && name != "x-client-request-id" && name != "session-id" &&
          name != "thread-id" && name != "x-stainless-retry-count");
}

router::v1::RouteRequest FactsOf(const Known& known) {
  router::v1::RouteRequest facts;
  facts.set_model(known.envelope.model);
  facts.set_endpoint(known.endpoint);
  for (const auto& [name, value] : known.request.headers.entries()) {
    if (MayDecide(name)) (*facts.mutable_headers())[name] = value;
  }
  auth::v1::Principal& principal = *facts.mutable_principal() = known.principal;
  if (principal.has_budget_left())
    principal.set_budget_left(std::floor(principal.budget_left() * kBudgetSteps) / kBudgetSteps);
  facts.set_input_tokens(RoughTokens(known.request.body.size()));
  facts.set_max_output_tokens(known.envelope.max_output_tokens);
  facts.mutable_needs()->set_tools(known.envelope.has_tools);
  facts.mutable_needs()->set_images(known.envelope.has_images);
  facts.mutable_needs()->set_reasoning(known.envelope.has_reasoning);
  facts.set_session(SessionOf(known));
  return facts;
}

std::string RecordedFacts(router::v1::RouteRequest facts, const router::v1::RouteResponse& route) {
  const auto headers = std::move(*facts.mutable_headers());
  facts.clear_headers();
  for (const std::string& name : route.headers_looked_at()) {
    const auto found = headers.find(name);
    if (found != headers.end()) (*facts.mutable_headers())[name] = Cut(found->second);
  }
  *facts.mutable_principal() = WithoutPolicy(facts.principal());
  return facts.ByteSizeLong() <= kMostFactsBytes ? facts.SerializeAsString() : std::string();
}

}  // namespace wayleave::gateway
