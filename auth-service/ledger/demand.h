#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "auth-service/identity/key_table.h"
#include "auth-service/store/changes.h"

namespace wayleave::auth {

using Measure = v1::Standing::Measure;

// What one request wants of one limit or budget of one account. A value: it outlives the table that it was made from.
struct Demand {
  Measure measure = v1::Standing::MEASURE_UNSPECIFIED;
  std::string scope;
  std::string name;
  // Of a budget or of the places for concurrent requests; of a window the id alone.
  PoolId pool;
  // Absent: nothing is refused, only counted.
  std::optional<std::int64_t> limit;
  std::optional<std::int64_t> soft;
  std::int64_t amount = 0;
  // The least that will do; the amount itself but for budgets.
  std::int64_t minimum = 0;
  // Of a budget: its period and whose usage counts in it.
  Time begins_at;
  Time resets_at;
  std::string tenant, user, key;
  std::shared_ptr<const Zone> zone;

  bool is_budget() const { return measure == v1::Standing::MEASURE_DAY || measure == v1::Standing::MEASURE_MONTH; }
  bool is_window() const { return measure == v1::Standing::MEASURE_REQUESTS || measure == v1::Standing::MEASURE_TOKENS; }
};

// All demands of a request of somebody, at that time, in the order of tenant, user, key. Pure.
std::vector<Demand> DemandsOf(const Accounted& accounted, const v1::Amount& upper_bound, const v1::Amount& minimum,
                              Time now);

// The budgets alone, with no amount. Pure.
std::vector<Demand> BudgetsOf(const Accounted& accounted, Time now);

}  // namespace wayleave::auth
