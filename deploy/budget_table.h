#pragma once

#include <string>

#include "wayleave/auth/v1/auth.pb.h"

namespace wayleave::deploy {

// How budgets stand, as a table for a terminal; amounts in US dollars, exactly.
std::string BudgetTable(const auth::v1::ListBudgetsResponse& budgets);

}  // namespace wayleave::deploy
