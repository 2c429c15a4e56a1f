#pragma once

#include <string>

#include "auth-service/store/sql.h"

namespace wayleave::auth {

// Whether it names a PostgreSQL database: "postgres://..." or "postgresql://...".
bool IsPostgres(const std::string& location);

// A connection to PostgreSQL through libpq. No call blocks for longer than about ten seconds: connecting, locks and
// statements have timeouts of their own unless the URL says otherwise. A lost connection is opened anew by the next
// transaction, statement or Revive(); what was prepared is prepared again.
//
// Text that PostgreSQL can't hold (a zero byte, bytes that are no UTF-8) is stored with question marks in their places.
Result<Database> OpenPostgres(const std::string& url);

}  // namespace wayleave::auth
