#pragma once

#include <atomic>
#include <functional>
#include <future>
#include <string>
#include <utility>
#include <vector>

#include "auth-service/store/store.h"
#include "tests/auth-service/support.h"

namespace wayleave::auth {

// Changes with a clock of the test's own.
class ClockedChanges final : public Changes {
 public:
  ClockedChanges(Changes& to, const FakeClock& clock) : to_(to), clock_(clock) {}

  Result<bool> AddKey(const StoredKey& key, If condition) override { return to_.AddKey(key, condition); }
  Result<std::optional<StoredKey>> FindKey(const std::string& id) override { return to_.FindKey(id); }
  Status ReplaceKey(const v1::Key& key) override { return to_.ReplaceKey(key); }
  Status KeyUsed(const std::string& id, Time at) override { return to_.KeyUsed(id, at); }
  Result<std::optional<v1::Tenant>> FindTenant(const std::string& name) override { return to_.FindTenant(name); }
  Status PutTenant(const v1::Tenant& tenant) override { return to_.PutTenant(tenant); }
  Result<std::optional<v1::User>> FindUser(const std::string& tenant, const std::string& name) override {
    return to_.FindUser(tenant, name);
  }
  Status PutUser(const v1::User& user) override { return to_.PutUser(user); }
  Result<bool> Record(const v1::Settlement& settlement, Time now) override { return to_.Record(settlement, now); }
  Result<std::int64_t> Spent(const std::string& tenant, const std::string& user, const std::string& key, Time since,
                             Time until) override {
    return to_.Spent(tenant, user, key, since, until);
  }
  Result<std::optional<Pool>> FindPool(const PoolId& pool) override { return to_.FindPool(pool); }
  Status PutPool(const PoolId& id, const Pool& pool) override { return to_.PutPool(id, pool); }
  Status ForgetPoolsBefore(int first_day) override { return to_.ForgetPoolsBefore(first_day); }
  Result<std::int64_t> Lease(const PoolId& pool, const std::string& holder) override { return to_.Lease(pool, holder); }
  Status PutLease(const PoolId& pool, const std::string& holder, std::int64_t amount) override {
    return to_.PutLease(pool, holder, amount);
  }
  Result<std::vector<std::pair<PoolId, std::int64_t>>> LeasesOf(const std::string& holder) override {
    return to_.LeasesOf(holder);
  }
  Result<std::int64_t> LeasedByGone(const PoolId& pool, const std::string& but_for, Time not_seen_since) override {
    return to_.LeasedByGone(pool, but_for, not_seen_since);
  }
  Status HolderSeen(const std::string& holder, Time now) override { return to_.HolderSeen(holder, now); }
  Result<std::vector<std::string>> HoldersNotSeenSince(Time time) override { return to_.HoldersNotSeenSince(time); }
  Status ForgetHolder(const std::string& holder) override { return to_.ForgetHolder(holder); }
  Status AddRelease(const std::string& holder, const Release& release) override {
    return to_.AddRelease(holder, release);
  }
  Status ForgetRelease(const std::string& holder, const std::string& id) override {
    return to_.ForgetRelease(holder, id);
  }
  Result<std::int64_t> WindowUsed(const std::string& id, std::int64_t first) override {
    return to_.WindowUsed(id, first);
  }
  Status UseWindow(const std::string& id, std::int64_t slot, std::int64_t amount) override {
    return to_.UseWindow(id, slot, amount);
  }
  Status ForgetWindowsBefore(std::int64_t slot) override { return to_.ForgetWindowsBefore(slot); }
  Result<Time> Now() override { return clock_.Now(); }
  Result<std::optional<AuditRow>> LastAudit(const std::string& chain) override { return to_.LastAudit(chain); }
  Status AddAudit(const AuditRow& row) override { return to_.AddAudit(row); }
  Status AddCheckpoint(const std::string& chain, std::int64_t sequence, const std::string& line) override {
    return to_.AddCheckpoint(chain, sequence, line);
  }
  Result<std::int64_t> ForgetUsageBefore(Time time) override { return to_.ForgetUsageBefore(time); }
  Result<std::int64_t> ForgetContentsBefore(Time time) override { return to_.ForgetContentsBefore(time); }

 private:
  Changes& to_;
  const FakeClock& clock_;
};

// Another store behind a way that fails when it is told to, with the test's clock. Any thread.
class FaultyStore final : public Store {
 public:
  // What becomes of a write: nothing; or it happens, and the answer gets lost; or the store refuses it on the caller's
  // thread, as one does that is full.
  enum class Fault { kNone, kNothingHappens, kAnswerIsLost, kRefusedAtOnce };

  FaultyStore(Store& to, bool shared, const FakeClock& clock) : to_(to), shared_(shared), clock_(clock) {}
  // As with any store, what was asked of it is finished first.
  ~FaultyStore() override {
    std::promise<void> finished;
    to_.Write([](Changes&) { return Status(); }, [&](const Status&) { finished.set_value(); });
    finished.get_future().wait();
  }

  // Asked at each write.
  std::function<Fault()> fault = [] { return Fault::kNone; };
  std::atomic<bool> unreadable{false};

  bool shared() const override { return shared_; }
  Result<Accounts> ReadAccounts() override { return Read(&Store::ReadAccounts); }
  Result<std::int64_t> AccountsVersion() override { return Read(&Store::AccountsVersion); }
  Result<std::vector<std::pair<PoolId, std::int64_t>>> Recalls() override { return Read(&Store::Recalls); }
  Result<std::vector<Release>> Releases(const std::string& holder) override { return Read(&Store::Releases, holder); }
  Result<std::vector<v1::Settlement>> Usage(const v1::ListUsageRequest& request) override {
    return Read(&Store::Usage, request);
  }
  Result<v1::SumUsageResponse> SumUsage(const v1::SumUsageRequest& request) override {
    return Read(&Store::SumUsage, request);
  }
  Result<std::vector<v1::AuditRecord>> Audit(const v1::ListAuditRequest& request) override {
    return Read(&Store::Audit, request);
  }
  Result<std::vector<std::string>> Checkpoints() override { return Read(&Store::Checkpoints); }
  Result<std::optional<KeptContent>> FindContent(const std::string& id) override {
    return Read(&Store::FindContent, id);
  }
  Result<std::vector<std::string>> ContentsOf(const std::string& id) override { return Read(&Store::ContentsOf, id); }
  Result<std::vector<KeptContent>> Contents(const std::string& after, int limit) override {
    return Read(&Store::Contents, after, limit);
  }
  Result<std::optional<Pool>> ReadPool(const PoolId& pool) override { return Read(&Store::ReadPool, pool); }
  Result<std::vector<std::optional<Pool>>> PollPools(const std::vector<PoolId>& pools) override {
    return Read(&Store::PollPools, pools);
  }
  Result<std::int64_t> Spent(const std::string& tenant, const std::string& user, const std::string& key, Time since,
                             Time until) override {
    return Read(&Store::Spent, tenant, user, key, since, until);
  }
  void Write(std::function<Status(Changes&)> job, std::function<void(Status)> done) override {
    const Fault what = fault();
    if (what == Fault::kRefusedAtOnce) return done(NotThere());
    auto clocked = [this, job = std::move(job), what](Changes& changes) -> Status {
      ClockedChanges with_clock(changes, clock_);
      Status written = job(with_clock);
      return what == Fault::kNothingHappens ? Status(NotThere()) : std::move(written);
    };
    to_.Write(std::move(clocked), [done = std::move(done), what](Status status) {
      done(what == Fault::kNone || !status ? std::move(status) : Status(NotThere()));
    });
  }

 private:
  static Error NotThere() { return Error{Code::kUnavailable, "the store is not there"}; }

  template <class T, class... Asked, class... Given>
  Result<T> Read(Result<T> (Store::*read)(Asked...), const Given&... given) {
    if (unreadable) return NotThere();
    return (to_.*read)(given...);
  }

  Store& to_;
  const bool shared_;
  const FakeClock& clock_;
};

}  // namespace wayleave::auth
