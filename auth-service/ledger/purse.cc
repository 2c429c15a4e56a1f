#include "auth-service/ledger/purse.h"

namespace wayleave::auth {
namespace {
constexpr std::chrono::seconds kWindowLength{60};
}

std::int64_t Purse::TakeIdle() {
  returning += idle;
  return std::exchange(idle, 0);
}

v1::Standing Purse::StandingOf(const Demand& demand, bool shared, Time now) {
  v1::Standing standing;
  standing.set_scope(demand.scope);
  standing.set_name(demand.name);
  standing.set_measure(demand.measure);
  if (demand.limit) standing.set_limit(*demand.limit);
  if (demand.soft) standing.set_soft(*demand.soft);
  Time resets = demand.resets_at;
  if (demand.is_budget()) {
    standing.set_used(used);
    standing.set_held(held + others);
  } else if (demand.is_window()) {
    standing.set_used(shared ? used : window.Used(now));
    resets = shared ? now + kWindowLength : window.WhenFree(now);
  } else {
    standing.set_used(held + others);
    resets = now;
  }
  *standing.mutable_resets_at() = TimestampOf(ToNanos(resets));
  return standing;
}

}  // namespace wayleave::auth
