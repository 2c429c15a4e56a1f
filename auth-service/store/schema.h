#pragma once

#include "auth-service/store/sql.h"

namespace wayleave::auth {

// Brings the schema up to date, within transactions; several may try at once. kFailedPrecondition if a newer program
// wrote it.
Status Migrate(Database& database);

}  // namespace wayleave::auth
