#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "auth-service/identity/key.h"
#include "auth-service/time.h"
#include "base/result.h"
#include "wayleave/auth/v1/auth.pb.h"

namespace wayleave::auth {

// Something that is used up: a budget in one period, or the places of concurrent requests (period 0).
struct PoolId {
  std::string id;
  int period = 0;

  auto operator<=>(const PoolId&) const = default;
};

struct Pool {
  std::int64_t used = 0;
  // Lent to processes that serve, for requests in progress and a little beyond.
  std::int64_t leased = 0;
  // How often lenders were called to give back what they don't need.
  std::int64_t recall = 0;
};

// What was kept of a request, sealed for the tenant's auditor.
struct KeptContent {
  std::string reservation_id;
  std::string tenant;
  Time at;  // when the request began
  std::string sealed;
};

// The one chain of records that there is (audit/trail.h).
inline constexpr char kMainChain[] = "main";

// A reservation whose settlement was taken by another process than the one that holds it.
struct Release {
  std::string reservation_id;
  std::int64_t cost_nano_usd = 0;
  std::int64_t tokens = 0;
};

// What can be done within one transaction of a store. Transactions come one after another, those of other processes
// included, so what was read stays true until the end of the job. After a failure the job must end with that failure.
class Changes {
 public:
  virtual ~Changes() = default;

  enum class If { kAlways, kFirst };
  // Whether the key was added: with If::kFirst it is not when there has ever been another. kAlreadyExists when the id is
  // taken.
  virtual Result<bool> AddKey(const StoredKey& key, If condition) = 0;
  virtual Result<std::optional<StoredKey>> FindKey(const std::string& id) = 0;
  // All but its id and digest. kNotFound for an unknown id.
  virtual Status ReplaceKey(const v1::Key& key) = 0;
  virtual Status KeyUsed(const std::string& id, Time at) = 0;
  virtual Result<std::optional<v1::Tenant>> FindTenant(const std::string& name) = 0;
  virtual Status PutTenant(const v1::Tenant& tenant) = 0;
  virtual Result<std::optional<v1::User>> FindUser(const std::string& tenant, const std::string& name) = 0;
  virtual Status PutUser(const v1::User& user) = 0;

  // Whether it is new; then its content, if it has any, is kept, too.
  virtual Result<bool> Record(const v1::Settlement& settlement, Time now) = 0;
  // What was recorded in [since, until) of an account: user and key may be empty.
  virtual Result<std::int64_t> Spent(const std::string& tenant, const std::string& user, const std::string& key,
                                     Time since, Time until) = 0;

  virtual Result<std::optional<Pool>> FindPool(const PoolId& pool) = 0;
  virtual Status PutPool(const PoolId& id, const Pool& pool) = 0;
  // Takes out those of periods that began before that day, YYYYMMDD, unless something of them is lent.
  virtual Status ForgetPoolsBefore(int first_day) = 0;
  virtual Result<std::int64_t> Lease(const PoolId& pool, const std::string& holder) = 0;
  virtual Status PutLease(const PoolId& pool, const std::string& holder, std::int64_t amount) = 0;
  // Every lease of one holder.
  virtual Result<std::vector<std::pair<PoolId, std::int64_t>>> LeasesOf(const std::string& holder) = 0;
  // What holders that were not seen since have of a pool, but for one.
  virtual Result<std::int64_t> LeasedByGone(const PoolId& pool, const std::string& but_for, Time not_seen_since) = 0;
  virtual Status HolderSeen(const std::string& holder, Time now) = 0;
  virtual Result<std::vector<std::string>> HoldersNotSeenSince(Time time) = 0;
  // And the releases that it has not read.
  virtual Status ForgetHolder(const std::string& holder) = 0;
  virtual Status AddRelease(const std::string& holder, const Release& release) = 0;
  virtual Status ForgetRelease(const std::string& holder, const std::string& reservation_id) = 0;

  // What was used of a window in the slots from `first` on.
  virtual Result<std::int64_t> WindowUsed(const std::string& id, std::int64_t first) = 0;
  virtual Status UseWindow(const std::string& id, std::int64_t slot, std::int64_t amount) = 0;
  virtual Status ForgetWindowsBefore(std::int64_t slot) = 0;
  // The clock that all writers share.
  virtual Result<Time> Now() = 0;

  struct AuditRow {
    std::string chain;
    std::int64_t sequence = 0;
    Time at;
    std::string kind;
    std::string tenant;
    std::string body;
    std::string hash;
  };
  // The last one of a chain.
  virtual Result<std::optional<AuditRow>> LastAudit(const std::string& chain) = 0;
  virtual Status AddAudit(const AuditRow& row) = 0;
  virtual Status AddCheckpoint(const std::string& chain, std::int64_t sequence, const std::string& line) = 0;
  // Takes out what is older; returns how many records.
  virtual Result<std::int64_t> ForgetUsageBefore(Time time) = 0;
  // The same for contents.
  virtual Result<std::int64_t> ForgetContentsBefore(Time time) = 0;
};

}  // namespace wayleave::auth
