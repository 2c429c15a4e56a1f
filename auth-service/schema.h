#pragma once

#include "auth-service/sqlite.h"

namespace wayleave::auth {

// Brings the database to the newest version of the schema, each step in a transaction of its own. A file
// that a newer program wrote is refused and left alone. The caller sees to it that nobody else opens it.
Status Migrate(Database& database);

}  // namespace wayleave::auth
