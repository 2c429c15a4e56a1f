#include "auth-service/ledger/refusal.h"

#include <cstdio>

#include "base/config/scalar.h"
#include "base/time/zone.h"

namespace wayleave::auth {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kShortest{100};
constexpr milliseconds kHeldPause{2000};
constexpr milliseconds kPlacePause{1000};

std::string UsdText(std::int64_t nano_usd) { return "$" + config::UsdText(nano_usd); }

std::string Whose(const Demand& demand) {
  if (demand.scope == "tenant") return "tenant " + demand.name;
  return (demand.scope == "user" ? "user " : "key ") + demand.name;
}

std::string Seconds(milliseconds wait) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1fs", static_cast<double>(wait.count()) / 1000);
  return text;
}

milliseconds WaitUntil(Time free_at, Time now) {
  return std::max(kShortest, std::chrono::ceil<milliseconds>(free_at - now));
}

Error RateLimited(const std::string& what, milliseconds wait) {
  return Error{Code::kResourceExhausted, what + " Please try again in " + Seconds(wait) + ".", "rate_limit_exceeded", wait};
}

std::string Day(int yyyymmdd) {
  char text[32];
  std::snprintf(text, sizeof text, "%04d-%02d-%02d", yyyymmdd / 10000, yyyymmdd / 100 % 100, yyyymmdd % 100);
  return text;
}

Error BudgetSpent(const Demand& demand, const Taken& taken, Time now) {
  const char* period = demand.measure == v1::Standing::MEASURE_DAY ? "today" : "this month";
  std::string words = "The budget of " + Whose(demand) + " for " + period + " does not allow this request: of " +
                      UsdText(*demand.limit) + ", " + UsdText(taken.used) + " are spent";
  if (taken.held > 0) words += " and " + UsdText(taken.held) + " are held for requests in progress";
  const std::string lost = UsdText(taken.lost);
  if (taken.lost > 0) words += " (" + lost + " of it by an auth-service that is gone, for up to 25 hours)";
  words += "; it may cost up to " + UsdText(demand.amount) + ".";
  // Once those in progress are done, there may be enough.
  const bool may_suffice = taken.used + taken.lost + demand.minimum <= *demand.limit;
  if (may_suffice && taken.held > taken.lost) return RateLimited(words, kHeldPause);
  const int first = demand.zone ? demand.zone->DayOf(demand.resets_at).first_day : 0;
  words += " The next budget begins on " + Day(first) + " at 00:00" +
           (demand.zone ? " (" + demand.zone->name() + ")" : "") + "; whoever runs the gateway can raise it before.";
  return Error{Code::kResourceExhausted, words, "budget_exceeded", WaitUntil(demand.resets_at, now)};
}

}  // namespace

Error Refused(const Demand& demand, const Taken& taken, Time now, Time free_at) {
  const std::string limit = std::to_string(demand.limit.value_or(0));
  switch (demand.measure) {
    case v1::Standing::MEASURE_REQUESTS:
      return RateLimited("The limit of " + Whose(demand) + " is reached: " + limit + " requests a minute.",
                         WaitUntil(free_at, now));
    case v1::Standing::MEASURE_TOKENS:
      return RateLimited("The limit of " + Whose(demand) + " is reached: " + limit + " tokens a minute, of which " +
                             std::to_string(taken.used) + " are used or held, and this request may use " +
                             std::to_string(demand.amount) + ".",
                         WaitUntil(free_at, now));
    case v1::Standing::MEASURE_CONCURRENT:
      return RateLimited("The limit of " + Whose(demand) + " is reached: " + limit + " requests at a time.", kPlacePause);
    default:
      return BudgetSpent(demand, taken, now);
  }
}

Error NeverEnough(const Demand& demand) {
  return Error{Code::kInvalidArgument,
               "This request may use " + std::to_string(demand.amount) + " tokens, more than " + Whose(demand) +
                   " may use in a minute (" + std::to_string(*demand.limit) +
                   "). Ask for fewer output tokens, or shorten the input.",
               "request_exceeds_limit"};
}

Error LedgerUnavailable() {
  return Error{Code::kUnavailable,
               "The gateway can't reach the database that budgets and limits are kept in, and what it held of yours is "
               "used up. Nothing was sent to a model. Please try again.",
               "ledger_unavailable", std::chrono::seconds(2)};
}

}  // namespace wayleave::auth
