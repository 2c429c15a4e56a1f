#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "auth-service/store/sql.h"
#include "auth-service/time.h"
#include "base/result.h"

namespace wayleave::auth {

// What the recorded requests of a tenant come to.
struct UsageTotal {
  std::int64_t requests = 0;
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;
  std::int64_t cost_nano_usd = 0;

  friend bool operator==(const UsageTotal&, const UsageTotal&) = default;
};

struct Moved {
  // The tables and how many rows each has, in the order in which they were copied.
  std::vector<std::pair<std::string, std::int64_t>> tables;
  std::map<std::string, UsageTotal> tenants;
};

// How far it is with a table; called now and then.
using MoveProgress = std::function<void(const std::string& table, std::int64_t rows, std::int64_t of)>;

// Copies everything that `from` keeps into `to`, of either engine, both with today's schema: keys, tenants, users,
// usage, sealed contents, budgets, the audit chain and its checkpoints. Only what counts for a minute, the windows of rate limits, stays
// behind.
//
// Nobody else can write either of them meanwhile. `to` is written in one transaction, which ends only when counts and
// sums are the same on both sides; after a failure it is as empty as it was. kFailedPrecondition, and nothing is done,
// when it is not empty; kDataLoss when the two differ in the end. `from` is streamed if it is SQLite, else each of its
// tables must fit into memory. Blocks.
Result<Moved> MoveStore(Database& from, Database& to, const MoveProgress& progress);

// When a process that serves from the database last said so, which each does every five seconds; nothing if none ever
// did.
Result<std::optional<Time>> LastServed(Database& database);

}  // namespace wayleave::auth
