#pragma once

#include "auth-service/key.h"
#include "auth-service/sqlite.h"
#include "wayleave/auth/v1/auth.pb.h"

namespace wayleave::auth::rows {

// Keys and settlements as rows, and back. The lists of columns are in the order that these functions use.

inline constexpr char kKeyColumns[] =
    "id, digest, name, tenant, user, prefix, created_at, expires_at, revoked_at, roles, labels, models";
inline constexpr char kUsageColumns[] =
    "reservation_id, request_id, tenant, user, key_id, endpoint, model, provider, upstream_model, started_at, "
    "duration, time_to_first_event, outcome, input_tokens, cached_input_tokens, output_tokens, reasoning_tokens, "
    "total_tokens, estimated, cost_nano_usd, recorded_at, route_facts";

void BindKey(Statement& statement, const StoredKey& stored);
StoredKey KeyAt(const Statement& row);

// Facts of more than 64 KiB are not kept: they help to replay, and must not stand in the way of the record.
void BindSettlement(Statement& statement, const v1::Settlement& settlement, Time now);
v1::Settlement SettlementAt(const Statement& row);

}  // namespace wayleave::auth::rows
