#include "auth-service/identity/terms.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "base/net/network.h"

namespace wayleave::auth {
namespace {

constexpr std::size_t kMaxName = 64;
constexpr std::size_t kMaxText = 256;
constexpr int kMaxItems = 64;
// A million dollars, and a little more requests than anybody has: what is beyond is a mistake in the unit.
constexpr std::int64_t kMostNanoUsd = std::int64_t{1'000'000'000} * 1'000'000'000;
constexpr std::int64_t kMostCount = std::int64_t{1} << 40;

Error Invalid(std::string message) { return Error{Code::kInvalidArgument, std::move(message)}; }

using Strings = google::protobuf::RepeatedPtrField<std::string>;

Status CheckList(const char* name, const Strings& list) {
  if (list.size() > kMaxItems) return Invalid(std::string("`") + name + "` has at most 64 entries");
  for (const std::string& text : list) {
    const bool clean = std::none_of(text.begin(), text.end(), [](unsigned char c) { return std::iscntrl(c); });
    if (text.empty() || text.size() > kMaxText || !clean) {
      return Invalid(std::string("an entry of `") + name + "` must have 1 to 256 bytes and no control characters");
    }
  }
  return {};
}

Status CheckLists(const v1::Terms& terms) {
  const std::pair<const char*, const Strings*> lists[] = {
      {"models", &terms.models()},       {"providers", &terms.providers()}, {"regions", &terms.regions()},
      {"endpoints", &terms.endpoints()}, {"addresses", &terms.addresses()}, {"hours", &terms.hours()},
      {"days", &terms.days()}};
  for (const auto& [name, list] : lists) {
    if (Status checked = CheckList(name, *list); !checked) return checked;
  }
  return {};
}

Status CheckTimes(const v1::Terms& terms) {
  for (const std::string& range : terms.hours()) {
    if (!ParseHourRange(range)) return Invalid("`hours` must be written like \"08:00-18:00\"");
  }
  for (const std::string& day : terms.days()) {
    if (!ParseWeekday(day)) return Invalid("`days` knows mon, tue, wed, thu, fri, sat and sun");
  }
  if (!terms.timezone().empty() && !Zone::Load(terms.timezone())) {
    return Invalid("`timezone` must be one that this machine knows, like Europe/Berlin");
  }
  return {};
}

Status CheckNumbers(const v1::Terms& terms) {
  const std::pair<const char*, std::int64_t> counts[] = {
      {"max_output_tokens", terms.max_output_tokens()},
      {"limits.requests_per_minute", terms.limits().requests_per_minute()},
      {"limits.tokens_per_minute", terms.limits().tokens_per_minute()},
      {"limits.concurrent_requests", terms.limits().concurrent_requests()}};
  for (const auto& [name, count] : counts) {
    if (count < 0 || count > kMostCount) return Invalid(std::string("`") + name + "` must be 0 (no limit) or more");
  }
  for (const std::int64_t money : {terms.daily().hard_nano_usd(), terms.daily().soft_nano_usd(),
                                   terms.monthly().hard_nano_usd(), terms.monthly().soft_nano_usd()}) {
    if (money < 0 || money > kMostNanoUsd) return Invalid("a budget must lie between 0 and 1,000,000,000 USD");
  }
  return {};
}

v1::Budget Tightest(const v1::Budget& a, const v1::Budget& b) {
  v1::Budget both = a;
  if (b.has_hard_nano_usd() && (!a.has_hard_nano_usd() || b.hard_nano_usd() < a.hard_nano_usd())) {
    both.set_hard_nano_usd(b.hard_nano_usd());
  }
  if (b.has_soft_nano_usd() && (!a.has_soft_nano_usd() || b.soft_nano_usd() < a.soft_nano_usd())) {
    both.set_soft_nano_usd(b.soft_nano_usd());
  }
  return both;
}

bool Has(const v1::Budget& budget) { return budget.has_hard_nano_usd() || budget.has_soft_nano_usd(); }

std::vector<HourRange> RangesOf(const v1::Terms& terms) {
  std::vector<HourRange> ranges;
  for (const std::string& text : terms.hours()) ranges.push_back(*ParseHourRange(text));
  return ranges;
}

Weekdays DaysOf(const v1::Terms& terms) {
  Weekdays days{};
  if (terms.days().empty()) days.fill(true);
  for (const std::string& text : terms.days()) days[*ParseWeekday(text)] = true;
  return days;
}

}  // namespace

bool IsName(const std::string& text) {
  const auto plain = [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_' || c == '.'; };
  return !text.empty() && text.size() <= kMaxName && std::all_of(text.begin(), text.end(), plain);
}

Status CheckTerms(const v1::Terms& terms) {
  if (Status checked = CheckLists(terms); !checked) return checked;
  for (const std::string& network : terms.addresses()) {
    if (!net::Network::Parse(network)) return Invalid("`addresses` takes addresses and networks like 10.0.0.0/8");
  }
  if (Status checked = CheckTimes(terms); !checked) return checked;
  return CheckNumbers(terms);
}

bool HasLimits(const v1::Terms& terms) {
  const v1::Limits& limits = terms.limits();
  return limits.requests_per_minute() > 0 || limits.tokens_per_minute() > 0 || limits.concurrent_requests() > 0;
}

bool HasHardBudget(const v1::Terms& terms) {
  return terms.daily().has_hard_nano_usd() || terms.monthly().has_hard_nano_usd();
}

bool HasBudget(const v1::Terms& terms) { return Has(terms.daily()) || Has(terms.monthly()); }

v1::Terms Tightest(const v1::Terms& a, const v1::Terms& b) {
  v1::Terms both;
  v1::Limits& limits = *both.mutable_limits();
  limits.set_requests_per_minute(SmallerLimit(a.limits().requests_per_minute(), b.limits().requests_per_minute()));
  limits.set_tokens_per_minute(SmallerLimit(a.limits().tokens_per_minute(), b.limits().tokens_per_minute()));
  limits.set_concurrent_requests(SmallerLimit(a.limits().concurrent_requests(), b.limits().concurrent_requests()));
  *both.mutable_daily() = Tightest(a.daily(), b.daily());
  *both.mutable_monthly() = Tightest(a.monthly(), b.monthly());
  both.set_max_output_tokens(SmallerLimit(a.max_output_tokens(), b.max_output_tokens()));
  return both;
}

v1::Policy PolicyOf(const v1::Terms& terms) {
  v1::Policy policy;
  *policy.mutable_models() = terms.models();
  *policy.mutable_providers() = terms.providers();
  *policy.mutable_regions() = terms.regions();
  *policy.mutable_endpoints() = terms.endpoints();
  *policy.mutable_addresses() = terms.addresses();
  return policy;
}

OpeningHours::OpeningHours(const v1::Terms& terms, std::shared_ptr<const Zone> zone)
    : zone_(terms.timezone().empty() ? std::move(zone) : Zone::Load(terms.timezone())),
      hours_(RangesOf(terms), DaysOf(terms)) {}

Time OpeningHours::NextChange(Time time) const {
  const Time minute = std::chrono::floor<std::chrono::minutes>(time);
  return minute + std::chrono::minutes(hours_.MinutesToChange(zone_->At(time)));
}

}  // namespace wayleave::auth
