#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "auth-service/identity/key.h"
#include "auth-service/store/changes.h"
#include "auth-service/time.h"
#include "base/result.h"
#include "wayleave/auth/v1/auth.pb.h"

namespace wayleave::auth {

// Everybody who is known.
struct Accounts {
  std::vector<StoredKey> keys;  // newest first
  std::vector<v1::Tenant> tenants;
  std::vector<v1::User> users;
};

// Where keys, tenants, usage, budgets and the audit chain are kept.
//
// The reading calls block. Those that are polled belong to one thread at a time; the queries may be called on any thread,
// and come one after another on a connection of their own, so that a long one keeps nobody but other queries waiting.
// Write() may be called on any thread and returns at once. Destroying the store first finishes what was asked of it.
class Store {
 public:
  virtual ~Store() = default;

  // Whether other processes may serve from the same store.
  virtual bool shared() const = 0;

  // Polled.
  virtual Result<Accounts> ReadAccounts() = 0;
  // A number that changes whenever an account does, whoever changed it. Cheap.
  virtual Result<std::int64_t> AccountsVersion() = 0;
  // How often each pool was called in; only those that were.
  virtual Result<std::vector<std::pair<PoolId, std::int64_t>>> Recalls() = 0;
  // What is used and leased of each pool; nothing for one that was never touched.
  virtual Result<std::vector<std::optional<Pool>>> PollPools(const std::vector<PoolId>& pools) = 0;
  // Reservations of `holder` whose settlements others took.
  virtual Result<std::vector<Release>> Releases(const std::string& holder) = 0;

  // Queries.
  virtual Result<std::vector<v1::Settlement>> Usage(const v1::ListUsageRequest& request) = 0;
  virtual Result<v1::SumUsageResponse> SumUsage(const v1::SumUsageRequest& request) = 0;
  virtual Result<std::vector<v1::AuditRecord>> Audit(const v1::ListAuditRequest& request) = 0;
  // The signed checkpoints, as JSON lines.
  virtual Result<std::vector<std::string>> Checkpoints() = 0;
  // The content that was kept of a request; nothing if none was, or no longer.
  virtual Result<std::optional<KeptContent>> FindContent(const std::string& reservation_id) = 0;
  // The reservations of those with this request id, which clients may choose, whose content is kept: a hundred at most.
  virtual Result<std::vector<std::string>> ContentsOf(const std::string& request_id) = 0;
  // Kept contents in the order of their reservations, behind that one.
  virtual Result<std::vector<KeptContent>> Contents(const std::string& after, int limit) = 0;
  // What is used and leased of a pool; nothing if it was never touched.
  virtual Result<std::optional<Pool>> ReadPool(const PoolId& pool) = 0;
  // As Changes::Spent.
  virtual Result<std::int64_t> Spent(const std::string& tenant, const std::string& user, const std::string& key,
                                     Time since, Time until) = 0;

  // Runs `job` within a transaction on a thread of the store's, perhaps together with others; a failure undoes this job
  // alone. `done` is called once, on that thread: the change is on disk, or nothing of it is. It is called at once, on the
  // caller's thread, when too much waits.
  virtual void Write(std::function<Status(Changes&)> job, std::function<void(Status)> done) = 0;
};

}  // namespace wayleave::auth
