#pragma once

#include <functional>
#include <memory>
#include <string>

#include "auth-service/admin/caller.h"
#include "auth-service/audit/trail.h"
#include "auth-service/identity/key_table.h"
#include "auth-service/ledger/demand.h"
#include "auth-service/store/store.h"
#include "base/crypto/digest.h"

namespace wayleave::auth {

// Administration: the methods of auth.v1.AdminService, each as a call that blocks. A change and its record in the audit
// chain are one transaction: both are on disk when it returns, or neither is.
//
// One thread at a time. Everything it is made with must outlive it.
class Desk {
 public:
  using Table = std::function<std::shared_ptr<const KeyTable>()>;

  Desk(Store& store, const crypto::HmacSha256& hmac, Table table, Clock clock)
      : store_(store), hmac_(hmac), table_(std::move(table)), clock_(std::move(clock)) {}

  Result<v1::CreateTenantResponse> CreateTenant(const v1::CreateTenantRequest& request, const Caller& caller);
  Result<v1::UpdateTenantResponse> UpdateTenant(const v1::UpdateTenantRequest& request, const Caller& caller);
  Result<v1::ListTenantsResponse> ListTenants(const v1::ListTenantsRequest& request, const Caller& caller);
  Result<v1::SuspendTenantResponse> SuspendTenant(const v1::SuspendTenantRequest& request, const Caller& caller);
  Result<v1::PutUserResponse> PutUser(const v1::PutUserRequest& request, const Caller& caller);
  Result<v1::ListUsersResponse> ListUsers(const v1::ListUsersRequest& request, const Caller& caller);
  Result<v1::SuspendUserResponse> SuspendUser(const v1::SuspendUserRequest& request, const Caller& caller);
  Result<v1::CreateKeyResponse> CreateKey(const v1::CreateKeyRequest& request, const Caller& caller);
  Result<v1::ListKeysResponse> ListKeys(const v1::ListKeysRequest& request, const Caller& caller);
  Result<v1::RotateKeyResponse> RotateKey(const v1::RotateKeyRequest& request, const Caller& caller);
  Result<v1::UpdateKeyResponse> UpdateKey(const v1::UpdateKeyRequest& request, const Caller& caller);
  Result<v1::RevokeKeyResponse> RevokeKey(const v1::RevokeKeyRequest& request, const Caller& caller);
  Result<v1::ListUsageResponse> ListUsage(const v1::ListUsageRequest& request, const Caller& caller);
  Result<v1::SumUsageResponse> SumUsage(const v1::SumUsageRequest& request, const Caller& caller);
  Result<v1::ListBudgetsResponse> ListBudgets(const v1::ListBudgetsRequest& request, const Caller& caller);
  Result<v1::ListAuditResponse> ListAudit(const v1::ListAuditRequest& request, const Caller& caller);
  // That it was read is on record before it is given out.
  Result<v1::ReadContentResponse> ReadContent(const v1::ReadContentRequest& request, const Caller& caller);

  // Makes the first key of all. Nothing if there has ever been another.
  Result<std::optional<v1::CreateKeyResponse>> CreateFirstKey();

 private:
  using Event = audit::AuditEvent;

  Event EventOf(const Caller& caller, const char* action, const std::string& tenant, const std::string& subject) const;
  // Runs `change` and records `event`, in one transaction.
  Status Commit(const Event& event, std::function<Status(Changes&)> change);
  // For a change within that tenant: runs it only if there is one, stored or configured.
  Status CommitIn(const std::string& tenant, const Event& event, std::function<Status(Changes&)> change);
  Result<v1::CreateKeyResponse> Add(const v1::Key& wanted, const Caller& caller, Changes::If condition, bool* added);

  Result<Pool> PoolOf(const Demand& demand);

  Store& store_;
  const crypto::HmacSha256& hmac_;
  const Table table_;
  const Clock clock_;
};

}  // namespace wayleave::auth
