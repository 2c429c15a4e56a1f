#include "router-service/conditions/inquiry.h"

#include <algorithm>

#include "router-service/hash.h"
#include "router-service/moment.h"
#include "router-service/prices.h"
#include "router-service/rules/rule.h"

namespace wayleave::router {
namespace {

std::optional<std::uint64_t> LotOf(const v1::RouteRequest& request) {
  const auth::v1::Principal& principal = request.principal();
  if (!request.session().empty()) return Hash(request.session());
  if (!principal.key_id().empty()) return Hash(principal.key_id());
  if (!principal.user().empty()) return Hash(principal.tenant() + "/" + principal.user());
  return std::nullopt;
}

// An estimate need not be exact, but must fit.
std::int64_t CostAt(const v1::Price& price, const v1::RouteRequest& request) {
  constexpr double kMost = 9e18;
  return static_cast<std::int64_t>(std::min(MostCost(price, request), kMost));
}

}  // namespace

Inquiry::Inquiry(const v1::RouteRequest& request, const std::string& model, const Snapshot& snapshot)
    : request_(request), model_(model), snapshot_(snapshot), headers_(snapshot.config().shared.headers.size()) {}

const std::string* Inquiry::Header(std::size_t index) const {
  Looked& looked = headers_[index];
  if (looked.done) return looked.value;
  looked.done = true;
  const auto found = request_.headers().find(snapshot_.config().shared.headers[index]);
  if (found != request_.headers().end()) looked.value = &found->second;
  return looked.value;
}

LocalTime Inquiry::TimeIn(const Zone& zone) const {
  for (std::size_t i = 0; i < times_known_; ++i) {
    if (times_[i].first == &zone) return times_[i].second;
  }
  const LocalTime time = zone.At(Now());
  if (times_known_ < kTimes) times_[times_known_++] = {&zone, time};
  return time;
}

std::chrono::system_clock::time_point Inquiry::Now() const {
  if (!now_) now_ = TimeOf(request_);
  return *now_;
}

std::optional<std::uint64_t> Inquiry::Lot() const {
  if (!lot_) lot_ = LotOf(request_);
  return *lot_;
}

std::optional<std::int64_t> Inquiry::MostCost() const {
  if (cost_) return *cost_;
  cost_.emplace();
  const Answer answer = ByName(Facts{request_, model_}, snapshot_);
  for (const v1::Target& target : answer.targets) {
    const v1::Price* price = snapshot_.PriceOf(target.provider(), target.model(), Now());
    if (price) *cost_ = std::max(cost_->value_or(0), CostAt(*price, request_));
  }
  return *cost_;
}

}  // namespace wayleave::router
