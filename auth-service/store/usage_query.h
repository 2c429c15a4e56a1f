#pragma once

#include "auth-service/store/sql.h"
#include "wayleave/auth/v1/auth.pb.h"

namespace wayleave::auth {

// The condition of a query for recorded requests; its parameters are ?1 to ?8.
inline constexpr char kUsageFilter[] =
    "(?1 = '' OR tenant = ?1) AND started_at >= ?2 AND started_at < ?3 AND (?4 = '' OR \"user\" = ?4) AND "
    "(?5 = '' OR key_id = ?5) AND (?6 = '' OR model = ?6) AND (?7 = '' OR provider = ?7) AND (?8 = '' OR session = ?8)";
void BindFilter(Statement& statement, const v1::ListUsageRequest& of);

// kInvalidArgument for a group or a time zone that there is not.
Result<v1::SumUsageResponse> SumUsage(Database& database, const v1::SumUsageRequest& request);

}  // namespace wayleave::auth
