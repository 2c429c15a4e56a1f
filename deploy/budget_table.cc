#include "deploy/budget_table.h"

#include <algorithm>

#include "deploy/admin_options.h"
#include "deploy/money.h"
#include "deploy/text_table.h"

namespace wayleave::deploy {
namespace {

using auth::v1::Standing;

std::string Left(const Standing& budget) {
  if (!budget.has_limit()) return "-";
  return UsdText(std::max<std::int64_t>(0, budget.limit() - budget.used() - budget.held()));
}

}  // namespace

std::string BudgetTable(const auth::v1::ListBudgetsResponse& budgets) {
  TextTable table({{"SCOPE"},
                   {"NAME", false, 8},
                   {"PERIOD"},
                   {"LIMIT USD", true},
                   {"SOFT", true},
                   {"USED", true},
                   {"HELD", true},
                   {"LEFT", true},
                   {"RESETS (UTC)"}});
  for (const Standing& budget : budgets.standings()) {
    table.Add({budget.scope(), budget.name(), budget.measure() == Standing::MEASURE_DAY ? "day" : "month",
               budget.has_limit() ? UsdText(budget.limit()) : "-", budget.has_soft() ? UsdText(budget.soft()) : "-",
               UsdText(budget.used()), UsdText(budget.held()), Left(budget), MinuteText(budget.resets_at())});
  }
  return table.Text();
}

}  // namespace wayleave::deploy
