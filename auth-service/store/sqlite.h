#pragma once

#include <string>

#include "auth-service/store/sql.h"

namespace wayleave::auth {

enum class SqliteMode { kReadWrite, kReadOnly };

// A connection to an SQLite file. A new file is made for its owner alone. Waits up to five seconds for the locks of
// others.
Result<Database> OpenSqlite(const std::string& path, SqliteMode mode);

// Copies the whole database, as it is at one moment, to a new file; whoever writes meanwhile goes on.
// The copy is for its owner alone, and on disk when this returns; nothing is left of one that failed.
Status CopySqlite(const std::string& from, const std::string& to);

}  // namespace wayleave::auth
