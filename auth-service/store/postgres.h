#pragma once

#include <chrono>
#include <string>

#include "auth-service/store/sql.h"

namespace wayleave::auth {

// Whether it names a PostgreSQL database: "postgres://..." or "postgresql://...".
bool IsPostgres(const std::string& location);

// A connection to PostgreSQL through libpq. No statement is waited for longer than `patience`, also if the server is there
// and says nothing; then the connection counts as lost. Connecting takes two seconds at most. A lost connection is opened anew by the next
// transaction, statement or Revive(); what was prepared is prepared again.
//
// Text that PostgreSQL can't hold (a zero byte, bytes that are no UTF-8) is stored with question marks in their places.
Result<Database> OpenPostgres(const std::string& url, std::chrono::milliseconds patience = std::chrono::seconds(2));

}  // namespace wayleave::auth
