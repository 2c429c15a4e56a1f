#pragma once

#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "auth-service/identity/key_table.h"
#include "auth-service/ledger/demand.h"
#include "auth-service/ledger/ledger.h"
#include "auth-service/settling.h"
#include "tests/auth-service/support.h"

namespace wayleave::auth {

// The answer to a reservation, whenever it comes. Any thread.
class Answer {
 public:
  Ledger::Done Into() {
    return [state = state_](Result<v1::ReserveResponse> answer) {
      std::lock_guard lock(state->mutex);
      if (state->answer) std::abort();  // told twice
      state->answer.emplace(std::move(answer));
      state->told.notify_all();
    };
  }
  bool there() const {
    std::lock_guard lock(state_->mutex);
    return state_->answer.has_value();
  }
  // Up to ten seconds; an error of the test's own if it does not come.
  Result<v1::ReserveResponse> Get() const {
    std::unique_lock lock(state_->mutex);
    const bool told =
        state_->told.wait_for(lock, std::chrono::seconds(10), [this] { return state_->answer.has_value(); });
    return told ? *state_->answer : Result<v1::ReserveResponse>(Error{Code::kInternal, "no answer came"});
  }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable told;
    std::optional<Result<v1::ReserveResponse>> answer;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

inline v1::Tenant TenantNamed(const std::string& name) {
  v1::Tenant tenant;
  tenant.set_name(name);
  return tenant;
}

// A tenant with so much money a month.
inline v1::Tenant TenantWith(const std::string& name, std::int64_t nano_usd_a_month) {
  v1::Tenant tenant = TenantNamed(name);
  tenant.mutable_terms()->mutable_monthly()->set_hard_nano_usd(nano_usd_a_month);
  return tenant;
}

inline std::shared_ptr<const KeyTable> TableOf(std::vector<v1::Tenant> tenants, std::vector<v1::User> users = {},
                                               std::vector<StoredKey> keys = {}) {
  return std::make_shared<const KeyTable>(Accounts{std::move(keys), std::move(tenants), std::move(users)},
                                          std::vector<StoredKey>(), KeyTable::Configured());
}

// What is asked of a ledger.
struct Wish {
  std::string id;
  std::string tenant;
  std::string user;
  std::string key;
  std::int64_t cost = 0;
  std::optional<std::int64_t> minimum;
  std::int64_t tokens = 0;
  std::chrono::nanoseconds ttl = std::chrono::minutes(15);
};

// One process that serves: a ledger with what settles for it.
class Process {
 public:
  Process(Store& store, const std::string& holder)
      : ledger_(store, holder, 100'000), settling_(store, ledger_, false) {}

  Ledger& ledger() { return ledger_; }

  Answer Begin(const Wish& wish, const KeyTable& table, Time now) {
    v1::ReserveRequest request;
    request.set_reservation_id(wish.id);
    v1::Principal& principal = *request.mutable_principal();
    principal.set_tenant(wish.tenant);
    principal.set_user(wish.user);
    principal.set_key_id(wish.key);
    request.mutable_upper_bound()->set_cost_nano_usd(wish.cost);
    request.mutable_upper_bound()->set_output_tokens(wish.tokens);
    v1::Amount least = request.upper_bound();
    if (wish.minimum) least.set_cost_nano_usd(*wish.minimum);
    if (wish.minimum) *request.mutable_minimum() = least;
    Answer answer;
    ledger_.Reserve(request, DemandsOf(table.AccountsOf(principal), request.upper_bound(), least, now), now,
                    now + std::chrono::duration_cast<Time::duration>(wish.ttl), answer.Into());
    return answer;
  }

  // Waits; for who has no round to wait for.
  Result<v1::ReserveResponse> Reserve(const Wish& wish, const KeyTable& table, Time now) {
    return Begin(wish, table, now).Get();
  }

  // Waits until the places are where others can have them.
  Ledger::Vacated Vacate(const Wish& wish, Time now) {
    std::promise<void> in_store;
    const Ledger::Vacated vacated = ledger_.Vacate(wish.id, now, [&] { in_store.set_value(); });
    if (vacated == Ledger::Vacated::kUnderWay) in_store.get_future().wait();
    return vacated;
  }

  Result<v1::SettleResponse> Settle(const v1::SettleRequest& request, std::shared_ptr<const KeyTable> table, Time now) {
    std::optional<Result<v1::SettleResponse>> answer;
    std::mutex mutex;
    std::condition_variable told;
    settling_.Record(request, std::move(table), now, [&](Result<v1::SettleResponse> response) {
      std::lock_guard lock(mutex);
      answer.emplace(std::move(response));
      told.notify_all();
    });
    std::unique_lock lock(mutex);
    told.wait(lock, [&] { return answer.has_value(); });
    return std::move(*answer);
  }

 private:
  Ledger ledger_;
  Settling settling_;
};

// How a request of that wish ended.
inline v1::Settlement SettlementFor(const Wish& wish, const v1::Grant& grant, std::int64_t cost, Time at) {
  v1::Settlement settlement = SettlementOf(wish.id);
  settlement.set_tenant(wish.tenant);
  settlement.set_user(wish.user);
  settlement.set_key_id(wish.key);
  settlement.set_cost_nano_usd(cost);
  *settlement.mutable_started_at() = TimestampOf(ToNanos(at));
  *settlement.mutable_grant() = grant;
  return settlement;
}

inline v1::SettleRequest Batch(std::vector<v1::Settlement> settlements) {
  v1::SettleRequest request;
  for (v1::Settlement& one : settlements) *request.add_settlements() = std::move(one);
  return request;
}

// 2027-01-15 12:00 in New York, or wherever: "2027-01-15T12:00:00-05:00".
inline Time At(const std::string& text) { return ParseTime(text).value(); }

}  // namespace wayleave::auth
