#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace wayleave::auth {

// A prepared statement of either engine. Parameters are written ?1, ?2, ... Bind, Step until there is no more, and it is
// ready to be bound again; Reset() when leaving earlier. Must not outlive its database; used by one thread at a time.
class Statement {
 public:
  class Driver {
   public:
    virtual ~Driver() = default;
    virtual void Text(int index, std::string_view value) = 0;
    virtual void Bytes(int index, std::string_view value) = 0;
    virtual void Integer(int index, std::int64_t value) = 0;
    virtual void Null(int index) = 0;
    virtual Result<bool> Step() = 0;
    virtual void Reset() = 0;
    virtual std::string TextAt(int column) const = 0;
    virtual std::int64_t IntegerAt(int column) const = 0;
    virtual bool IsNull(int column) const = 0;
  };

  Statement() = default;
  explicit Statement(std::unique_ptr<Driver> driver) : driver_(std::move(driver)) {}

  // Texts and bytes are copied. A binding that fails is told by the next Step().
  Statement& Text(int index, std::string_view value) { return driver_->Text(index, value), *this; }
  Statement& Bytes(int index, std::string_view value) { return driver_->Bytes(index, value), *this; }
  Statement& Integer(int index, std::int64_t value) { return driver_->Integer(index, value), *this; }
  Statement& Null(int index) { return driver_->Null(index), *this; }

  // True when there is a row to be read.
  Result<bool> Step() { return driver_->Step(); }
  // For a statement without rows.
  Status Run();
  // Of a query for one row of one column: its integer, or `otherwise` if there is no row.
  Result<std::int64_t> One(std::int64_t otherwise);
  void Reset() { driver_->Reset(); }

  // Bytes, too.
  std::string TextAt(int column) const { return driver_->TextAt(column); }
  std::int64_t IntegerAt(int column) const { return driver_->IntegerAt(column); }
  bool IsNull(int column) const { return driver_->IsNull(column); }

 private:
  std::unique_ptr<Driver> driver_;
};

// A connection to SQLite or PostgreSQL, used by one thread at a time. A failure of the engine or of the way to it is
// kUnavailable; then what was open is undone, and the next Begin() or Prepare() tries to connect again.
class Database {
 public:
  enum class Engine { kSqlite, kPostgres };

  class Driver {
   public:
    virtual ~Driver() = default;
    virtual Engine engine() const = 0;
    virtual Status Execute(const char* sql) = 0;
    virtual Result<std::unique_ptr<Statement::Driver>> Prepare(const std::string& sql) = 0;
    virtual Status Begin() = 0;
    virtual int Changes() const = 0;
    virtual void Rollback() = 0;
    virtual Status Revive() = 0;
  };

  explicit Database(std::unique_ptr<Driver> driver) : driver_(std::move(driver)) {}

  Engine engine() const { return driver_->engine(); }
  // One or more statements without parameters.
  Status Execute(const char* sql) { return driver_->Execute(sql); }
  Result<Statement> Prepare(const std::string& sql);
  // The single integer that a query gives, for example a pragma's.
  Result<std::int64_t> Query(const char* sql);
  // Begins a transaction that writes. Those of all processes come one after another.
  Status Begin() { return driver_->Begin(); }
  // Rows that the last statement inserted, changed or deleted.
  int Changes() const { return driver_->Changes(); }
  // Undoes what is open, if anything is.
  void Rollback() { driver_->Rollback(); }
  // Connects again if the connection was lost.
  Status Revive() { return driver_->Revive(); }

 private:
  std::unique_ptr<Driver> driver_;
};

}  // namespace wayleave::auth
