#pragma once

#include "auth-service/store/sql.h"

namespace wayleave::auth {

// All rows of a query that was bound, each made into a value by `read`.
template <class Values, class Read>
Status Gather(Statement& statement, const Read& read, Values& into) {
  while (true) {
    Result<bool> row = statement.Step();
    if (!row) return std::move(row).error();
    if (!*row) return {};
    into.push_back(read(statement));
  }
}

}  // namespace wayleave::auth
