#include "auth-service/rounds.h"

#include <utility>

#include "base/log/log.h"

namespace wayleave::auth {
namespace {

using namespace std::chrono_literals;

constexpr auto kBudgetsInterval = 2s;
constexpr auto kSignInterval = 10s;
constexpr auto kForgetInterval = 1h;
constexpr std::size_t kMostBudgetsHeard = 500;

std::vector<Demand> BudgetsToHear(const KeyTable& table, Time now) {
  std::vector<Demand> budgets;
  const auto add = [&](const Account& account) {
    if (budgets.size() >= kMostBudgetsHeard) return;
    for (Demand& budget : BudgetsOf({&account, nullptr, nullptr}, now)) budgets.push_back(std::move(budget));
  };
  for (const auto& [name, account] : table.tenants()) add(account);
  for (const auto& [name, account] : table.users()) add(account);
  for (const KeyTable::Entry& entry : table.all()) add(entry.account);
  return budgets;
}

}  // namespace

void Rounds::Go() {
  Look();
  const Time now = clock_();
  ledger_.Round(now);
  ForgetEarlierLives();
  HearBudgets(now);
  if (now - signed_at_ >= kSignInterval) SignTrail(now);
  ForgetOldRecords(now);
  probe_.Show(*ring_.Now(), now);
  probe_.Show(ledger_.totals());
  probe_.ShowSubscribers(ring_.subscribers());
}

void Rounds::Look() {
  const Status looked = ring_.Look();
  if (!looked) probe_.LookFailed();
  if (looked.ok() == look_failed_) {  // one line when it begins, one when it ends
    look_failed_ = !looked.ok();
    if (look_failed_) log::Error("auth.keys.unreadable", {{"error", looked.error().message}});
    if (!look_failed_) log::Info("auth.keys.readable");
  }
}

void Rounds::WhenSettled(std::function<bool()> settled) {
  std::lock_guard lock(settled_mutex_);
  settled_ = std::move(settled);
}

void Rounds::ForgetEarlierLives() {
  std::lock_guard lock(settled_mutex_);
  if (!settled_ || !settled_()) return;
  settled_ = {};
  store_.Write([this](Changes& changes) { return till::ForgetOthers(changes, ledger_.holder()); }, [](const Status&) {});
}

void Rounds::ForgetOldRecords(Time now) {
  if (now - forgot_at_ < kForgetInterval) return;
  forgot_at_ = now;
  const auto forget = [&](std::chrono::milliseconds kept, Result<std::int64_t> (Changes::*before)(Time)) {
    if (kept.count() == 0) return;
    const auto job = [oldest = now - kept, before](Changes& changes) -> Status {
      const Result<std::int64_t> gone = (changes.*before)(oldest);
      return gone ? Status() : Status(gone.error());
    };
    store_.Write(job, [](const Status&) {});
  };
  forget(config_.usage_retention, &Changes::ForgetUsageBefore);
  forget(config_.content_retention, &Changes::ForgetContentsBefore);
}

// What is used of budgets that nobody asked for here since the start, or that others use, too.
void Rounds::HearBudgets(Time now) {
  if (now - budgets_heard_at_ < kBudgetsInterval) return;
  budgets_heard_at_ = now;
  const std::vector<Demand> budgets = BudgetsToHear(*ring_.Now(), now);
  std::vector<PoolId> ids;
  for (const Demand& budget : budgets) ids.push_back(budget.pool);
  const auto pools = store_.PollPools(ids);
  if (!pools) return;
  std::vector<Demand> unopened;
  for (std::size_t i = 0; i < budgets.size(); ++i) {
    if ((*pools)[i]) ledger_.Heard(budgets[i], *(*pools)[i]);
    if (!(*pools)[i] && !budgets[i].limit) unopened.push_back(budgets[i]);
  }
  OpenBudgets(std::move(unopened));
  probe_.Show(budgets, ledger_.StandingsOf(budgets, now));
}

// Those with a soft limit only: nobody draws on them, who would begin to count.
void Rounds::OpenBudgets(std::vector<Demand> budgets) {
  if (budgets.empty()) return;
  const auto job = [budgets = std::move(budgets)](Changes& changes) -> Status {
    for (const Demand& budget : budgets) {
      if (Status opened = till::Open(changes, budget); !opened) return opened;
    }
    return {};
  };
  store_.Write(job, [](const Status&) {});
}

void Rounds::SignTrail(Time now) {
  signed_at_ = now;
  if (Status published = trail_.Publish(); !published) {
    log::Error("audit.checkpoint_file", {{"error", published.error().message}});
  }
  store_.Write([this, now](Changes& changes) { return trail_.Sign(changes, now); },
                [this](const Status& done) { trail_.Signed(done.ok()); });
}

}  // namespace wayleave::auth
