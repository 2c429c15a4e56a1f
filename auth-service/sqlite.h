#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace wayleave::auth {

// A prepared statement. Bind, Step until there is no more, and it is ready to be bound again; Reset() when
// leaving earlier. Must not outlive its database; used by one thread at a time.
class Statement {
 public:
  Statement() = default;

  // Texts and bytes are copied. A binding that fails is told by the next Step().
  Statement& Text(int index, std::string_view value);
  Statement& Bytes(int index, std::string_view value);
  Statement& Integer(int index, std::int64_t value);
  Statement& Null(int index);

  // True when there is a row to be read.
  Result<bool> Step();
  // For a statement without rows.
  Status Run();
  void Reset();

  std::string TextAt(int column) const;
  std::int64_t IntegerAt(int column) const;
  bool IsNull(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  void Note(int result);
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bind_result_ = 0;
};

// A connection to an SQLite file, used by one thread at a time.
class Database {
 public:
  enum class Mode { kReadWrite, kReadOnly };
  // A new file is made for its owner alone. Waits up to five seconds for the locks of others.
  static Result<Database> Open(const std::string& path, Mode mode);

  Status Execute(const char* sql);
  Result<Statement> Prepare(const char* sql);
  // The single integer that a query gives, for example a pragma's.
  Result<std::int64_t> Query(const char* sql);
  // Rows that the last statement inserted, changed or deleted.
  int Changes() const;
  // Undoes what is open, if anything is.
  void Rollback();

 private:
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  std::unique_ptr<sqlite3, Close> handle_;
};

}  // namespace wayleave::auth
