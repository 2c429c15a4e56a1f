#include "gateway/limits/hold.h"

#include <algorithm>
#include <utility>

#include "base/crypto/id.h"
#include "gateway/orders.h"

namespace wayleave::gateway {
namespace {

// The client waits for its last bytes meanwhile.
constexpr std::chrono::milliseconds kVacateTime{250};

bool IsPlace(const auth::v1::Standing& standing) {
  return standing.measure() == auth::v1::Standing::MEASURE_CONCURRENT && standing.has_limit();
}

void Add(const auth::v1::Amount& amount, auth::v1::Amount& to) {
  to.set_input_tokens(to.input_tokens() + amount.input_tokens());
  to.set_output_tokens(to.output_tokens() + amount.output_tokens());
  to.set_cost_nano_usd(to.cost_nano_usd() + amount.cost_nano_usd());
}

}  // namespace

Hold::Hold() { request_.set_reservation_id(crypto::MakeId("rsv_")); }

Task<Status> Hold::Take(AuthPort& auth, const Known& known, router::v1::RouteResponse& route,
                        std::chrono::milliseconds lifetime, const rpc::CallContext& context) {
  auth_ = &auth;
  bound_ = BoundOf(known, route);
  *request_.mutable_principal() = known.principal;
  request_.set_model(known.envelope.model);
  *request_.mutable_upper_bound() = bound_.most;
  *request_.mutable_minimum() = bound_.least;
  SetDuration(*request_.mutable_ttl(), lifetime);
  auto held = co_await auth.Reserve(request_, context);
  if (!held) co_return std::move(held).error();
  response_ = std::move(*held);
  has_place_ = std::any_of(response_.standings().begin(), response_.standings().end(), IsPlace);
  if (known.principal.policy().priced_only() && bound_.output_tokens > 0) Pay(known, route);
  co_return Status();
}

// What is granted may be less than was asked for; the provider is told what it pays for, unless the client asks for less.
void Hold::Pay(const Known& known, router::v1::RouteResponse& route) {
  const std::int64_t most = bound_.most.cost_nano_usd();
  const bool part = response_.has_granted() && response_.granted().cost_nano_usd() < most;
  output_tokens_ = part ? OutputWithin(response_.granted().cost_nano_usd(), known, route) : bound_.output_tokens;
  token_cost_ = (most + bound_.output_tokens - 1) / bound_.output_tokens;
  const std::int64_t asked = SmallerLimit(known.envelope.max_output_tokens, route.set().max_output_tokens());
  if (asked == 0 || output_tokens_ < asked) route.mutable_set()->set_max_output_tokens(output_tokens_);
}

Task<bool> Hold::GrowTo(std::int64_t output_tokens, const rpc::CallContext& context) {
  const std::int64_t more = std::max(kSlice, output_tokens - output_tokens_);
  auth::v1::Amount by;
  by.set_output_tokens(more);
  by.set_cost_nano_usd(more * token_cost_);
  const bool grown = co_await Grow(std::move(by), context);
  if (grown) output_tokens_ += more;
  co_return grown;
}

Task<void> Hold::Vacate(const rpc::CallContext& context) {
  if (!std::exchange(has_place_, false)) co_return;
  auth::v1::VacateRequest request;
  request.set_reservation_id(request_.reservation_id());
  const rpc::CallContext soon = context.Within(kVacateTime);
  co_await auth_->Vacate(request, soon);
}

Task<bool> Hold::Again(const rpc::CallContext& context) {
  if (!request_.principal().policy().priced_only()) co_return true;
  co_return co_await Grow(bound_.most, context);
}

// From what was granted, not from what was asked for.
Task<bool> Hold::Grow(auth::v1::Amount by, const rpc::CallContext& context) {
  auth::v1::ReserveRequest larger = request_;
  larger.clear_minimum();
  if (response_.has_granted()) *larger.mutable_upper_bound() = response_.granted();
  Add(by, *larger.mutable_upper_bound());
  auto held = co_await auth_->Reserve(larger, context);
  if (!held) co_return false;
  response_ = std::move(*held);
  co_return true;
}

}  // namespace wayleave::gateway
