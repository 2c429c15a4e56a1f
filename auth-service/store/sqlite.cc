#include "auth-service/store/sqlite.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace wayleave::auth {
namespace {

constexpr int kBusyMillis = 5000;

Code CodeOf(int result) {
  switch (result & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
      return Code::kUnavailable;
    case SQLITE_CONSTRAINT:
      return Code::kAlreadyExists;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Code::kDataLoss;
    default:
      return Code::kInternal;
  }
}

Error ErrorOf(sqlite3* handle) {
  const int result = sqlite3_extended_errcode(handle);
  return Error{CodeOf(result), std::string("the state database: ") + sqlite3_errmsg(handle)};
}

Error ErrorOf(int result) { return Error{CodeOf(result), std::string("the state database: ") + sqlite3_errstr(result)}; }

// SQLite itself would make the file readable to others; its companions take over the file's mode.
Status MakePrivate(const std::string& path) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return Error{Code::kFailedPrecondition, "can't open " + path + ": " + std::strerror(errno)};
  close(fd);
  return {};
}

struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
struct Close {
  void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
};
using Handle = std::unique_ptr<sqlite3, Close>;

class SqliteStatement final : public Statement::Driver {
 public:
  explicit SqliteStatement(sqlite3_stmt* statement) : statement_(statement) {}

  void Text(int index, std::string_view value) override {
    const char* text = value.data() ? value.data() : "";
    Note(sqlite3_bind_text64(statement_.get(), index, text, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
  }
  void Bytes(int index, std::string_view value) override {
    const char* bytes = value.data() ? value.data() : "";
    Note(sqlite3_bind_blob64(statement_.get(), index, bytes, value.size(), SQLITE_TRANSIENT));
  }
  void Integer(int index, std::int64_t value) override { Note(sqlite3_bind_int64(statement_.get(), index, value)); }
  void Null(int index) override { Note(sqlite3_bind_null(statement_.get(), index)); }

  Result<bool> Step() override {
    if (const int failed = std::exchange(bind_result_, SQLITE_OK); failed != SQLITE_OK) {
      Reset();
      return ErrorOf(failed);
    }
    const int result = sqlite3_step(statement_.get());
    if (result == SQLITE_ROW) return true;
    if (result == SQLITE_DONE) {
      Reset();
      return false;
    }
    Error error = ErrorOf(sqlite3_db_handle(statement_.get()));
    Reset();
    return error;
  }
  void Reset() override { sqlite3_reset(statement_.get()); }

  std::string TextAt(int column) const override {
    const void* bytes = sqlite3_column_blob(statement_.get(), column);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
    return bytes ? std::string(static_cast<const char*>(bytes), size) : std::string();
  }
  std::int64_t IntegerAt(int column) const override { return sqlite3_column_int64(statement_.get(), column); }
  bool IsNull(int column) const override {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
  }

 private:
  void Note(int result) {
    if (result != SQLITE_OK) bind_result_ = result;
  }

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bind_result_ = SQLITE_OK;
};

class SqliteDatabase final : public Database::Driver {
 public:
  explicit SqliteDatabase(Handle handle) : handle_(std::move(handle)) {}

  Database::Engine engine() const override { return Database::Engine::kSqlite; }
  Status Execute(const char* sql) override {
    if (sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) return ErrorOf(handle_.get());
    return {};
  }
  Result<std::unique_ptr<Statement::Driver>> Prepare(const std::string& sql) override {
    sqlite3_stmt* prepared = nullptr;
    const int result = sqlite3_prepare_v3(handle_.get(), sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
    if (result != SQLITE_OK) return ErrorOf(handle_.get());
    return std::unique_ptr<Statement::Driver>(std::make_unique<SqliteStatement>(prepared));
  }
  Status Begin() override { return Execute("BEGIN IMMEDIATE"); }
  int Changes() const override { return sqlite3_changes(handle_.get()); }
  void Rollback() override {
    if (!sqlite3_get_autocommit(handle_.get())) sqlite3_exec(handle_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
  Status Revive() override { return {}; }

 private:
  Handle handle_;
};

Result<Handle> OpenHandle(const std::string& path, SqliteMode mode) {
  if (mode == SqliteMode::kReadWrite) {
    if (Status made = MakePrivate(path); !made) return std::move(made).error();
  }
  sqlite3* handle = nullptr;
  const int flags = mode == SqliteMode::kReadWrite ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
  const int result = sqlite3_open_v2(path.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  Handle opened(handle);
  if (result != SQLITE_OK) return Error{CodeOf(result), "can't open " + path + ": " + sqlite3_errstr(result)};
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyMillis);
  return opened;
}

}  // namespace

Result<Database> OpenSqlite(const std::string& path, SqliteMode mode) {
  Result<Handle> handle = OpenHandle(path, mode);
  if (!handle) return std::move(handle).error();
  return Database(std::make_unique<SqliteDatabase>(std::move(*handle)));
}

Status CopySqlite(const std::string& from, const std::string& to) {
  Result<Handle> source = OpenHandle(from, SqliteMode::kReadOnly);
  if (!source) return std::move(source).error();
  if (access(to.c_str(), F_OK) == 0) return Error{Code::kAlreadyExists, to + " exists already; name a new file"};
  Result<Handle> target = OpenHandle(to, SqliteMode::kReadWrite);
  if (!target) return std::move(target).error();
  sqlite3_backup* backup = sqlite3_backup_init(target->get(), "main", source->get(), "main");
  if (!backup) return ErrorOf(target->get());
  // All pages in one step: a copy in pieces would begin anew with each write of others, and never end under load.
  const int stepped = sqlite3_backup_step(backup, -1);
  const int finished = sqlite3_backup_finish(backup);
  if (stepped != SQLITE_DONE || finished != SQLITE_OK) {
    unlink(to.c_str());
    return ErrorOf(stepped == SQLITE_DONE ? finished : stepped);
  }
  return {};
}

}  // namespace wayleave::auth
