#include "router-service/conditions/inquiry.h"

#include <algorithm>

#include "router-service/hash.h"
#include "router-service/rules/rule.h"

namespace wayleave::router {
namespace {

std::chrono::system_clock::time_point TimeOf(const v1::RouteRequest& request) {
  if (!request.has_at()) return std::chrono::system_clock::now();
  const auto since = std::chrono::seconds(request.at().seconds()) + std::chrono::nanoseconds(request.at().nanos());
  return std::chrono::system_clock::time_point(std::chrono::duration_cast<std::chrono::system_clock::duration>(since));
}

std::optional<std::uint64_t> LotOf(const v1::RouteRequest& request) {
  const auth::v1::Principal& principal = request.principal();
  if (!request.session().empty()) return Hash(request.session());
  if (!principal.key_id().empty()) return Hash(principal.key_id());
  if (!principal.user().empty()) return Hash(principal.tenant() + "/" + principal.user());
  return std::nullopt;
}

// Prices are for a million tokens. In floating point nothing overflows, and an estimate need not be exact.
std::int64_t CostAt(const v1::Price& price, const v1::RouteRequest& request) {
  const std::int64_t output = request.max_output_tokens() > 0 ? request.max_output_tokens() : kUsualOutputTokens;
  const double cost = (static_cast<double>(request.input_tokens()) * static_cast<double>(price.input()) +
                       static_cast<double>(output) * static_cast<double>(price.output())) / 1e6;
  constexpr double kMost = 9e18;
  return static_cast<std::int64_t>(std::min(cost, kMost));
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
  if (!now_) now_ = TimeOf(request_);
  const LocalTime time = zone.At(*now_);
  if (times_known_ < kTimes) times_[times_known_++] = {&zone, time};
  return time;
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
    if (!target.has_price()) continue;
    *cost_ = std::max(cost_->value_or(0), CostAt(target.price(), request_));
  }
  return *cost_;
}

}  // namespace wayleave::router
