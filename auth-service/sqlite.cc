#include "auth-service/sqlite.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

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

// SQLite itself would make the file readable to others; its companions take over the file's mode.
Status MakePrivate(const std::string& path) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return Error{Code::kFailedPrecondition, "can't open " + path + ": " + std::strerror(errno)};
  close(fd);
  return {};
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

void Statement::Note(int result) {
  if (result != SQLITE_OK) bind_result_ = result;
}

Statement& Statement::Text(int index, std::string_view value) {
  const char* text = value.data() ? value.data() : "";
  Note(sqlite3_bind_text64(statement_.get(), index, text, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
  return *this;
}

Statement& Statement::Bytes(int index, std::string_view value) {
  Note(sqlite3_bind_blob64(statement_.get(), index, value.data(), value.size(), SQLITE_TRANSIENT));
  return *this;
}

Statement& Statement::Integer(int index, std::int64_t value) {
  Note(sqlite3_bind_int64(statement_.get(), index, value));
  return *this;
}

Statement& Statement::Null(int index) {
  Note(sqlite3_bind_null(statement_.get(), index));
  return *this;
}

Result<bool> Statement::Step() {
  if (const int failed = std::exchange(bind_result_, SQLITE_OK); failed != SQLITE_OK) {
    Reset();
    return Error{CodeOf(failed), std::string("the state database: ") + sqlite3_errstr(failed)};
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

Status Statement::Run() {
  Result<bool> stepped = Step();
  if (!stepped) return std::move(stepped).error();
  return {};
}

void Statement::Reset() { sqlite3_reset(statement_.get()); }

std::string Statement::TextAt(int column) const {
  const void* bytes = sqlite3_column_blob(statement_.get(), column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return bytes ? std::string(static_cast<const char*>(bytes), size) : std::string();
}

std::int64_t Statement::IntegerAt(int column) const { return sqlite3_column_int64(statement_.get(), column); }

bool Statement::IsNull(int column) const { return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL; }

void Database::Close::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

Result<Database> Database::Open(const std::string& path, Mode mode) {
  if (mode == Mode::kReadWrite) {
    if (Status made = MakePrivate(path); !made) return std::move(made).error();
  }
  sqlite3* handle = nullptr;
  const int flags = mode == Mode::kReadWrite ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
  const int result = sqlite3_open_v2(path.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database;
  database.handle_.reset(handle);
  if (result != SQLITE_OK) return Error{CodeOf(result), "can't open " + path + ": " + sqlite3_errstr(result)};
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyMillis);
  return database;
}

Status Database::Execute(const char* sql) {
  if (sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) return ErrorOf(handle_.get());
  return {};
}

Result<Statement> Database::Prepare(const char* sql) {
  sqlite3_stmt* prepared = nullptr;
  const int result = sqlite3_prepare_v3(handle_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
  if (result != SQLITE_OK) return ErrorOf(handle_.get());
  Statement statement;
  statement.statement_.reset(prepared);
  return statement;
}

Result<std::int64_t> Database::Query(const char* sql) {
  Result<Statement> statement = Prepare(sql);
  if (!statement) return std::move(statement).error();
  Result<bool> row = statement->Step();
  if (!row) return std::move(row).error();
  if (!*row) return Error{Code::kInternal, "the state database gave no answer"};
  return statement->IntegerAt(0);
}

int Database::Changes() const { return sqlite3_changes(handle_.get()); }

void Database::Rollback() {
  if (!sqlite3_get_autocommit(handle_.get())) sqlite3_exec(handle_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

}  // namespace wayleave::auth
