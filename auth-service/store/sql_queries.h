#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "auth-service/store/changes.h"
#include "auth-service/store/sql.h"
#include "wayleave/auth/v1/auth.pb.h"

namespace wayleave::auth {

// The questions of Store that may be asked on any thread, on a connection of their own. Prepare() once.
class SqlQueries {
 public:
  explicit SqlQueries(Database database) : database_(std::move(database)) {}
  Status Prepare();

  Result<std::vector<v1::Settlement>> Usage(const v1::ListUsageRequest& request);
  Result<v1::SumUsageResponse> SumUsage(const v1::SumUsageRequest& request);
  Result<std::vector<v1::AuditRecord>> Audit(const v1::ListAuditRequest& request);
  Result<std::vector<std::string>> Checkpoints();
  Result<std::optional<KeptContent>> FindContent(const std::string& reservation_id);
  Result<std::vector<std::string>> ContentsOf(const std::string& request_id);
  Result<std::vector<KeptContent>> Contents(const std::string& after, int limit);
  Result<std::optional<Pool>> ReadPool(const PoolId& pool);
  Result<std::int64_t> Spent(const std::string& tenant, const std::string& user, const std::string& key, Time since,
                             Time until);

 private:
  std::mutex mutex_;
  Database database_;
  Statement usage_, started_at_, audit_, checkpoints_, find_content_, contents_of_, contents_, pool_, spent_;
};

}  // namespace wayleave::auth
