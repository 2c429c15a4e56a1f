#include "auth-service/store/postgres.h"

#include <libpq-fe.h>
#include <poll.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "auth-service/store/postgres_url.h"

namespace wayleave::auth {
namespace {

constexpr Oid kBytea = 17;
// One lock for the whole database, held by each transaction that writes: so they come one after another, as with SQLite.
constexpr const char* kBegin = "BEGIN; SELECT pg_advisory_xact_lock(7827364510)";

struct Clear {
  void operator()(PGresult* result) const { PQclear(result); }
};
struct Finish {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
using Answer = std::unique_ptr<PGresult, Clear>;

// By SQLSTATE class: https://www.postgresql.org/docs/15/errcodes-appendix.html
Code CodeOf(std::string_view state) {
  const std::string_view kind = state.substr(0, 2);
  if (kind == "23") return Code::kAlreadyExists;
  if (kind == "XX") return Code::kDataLoss;
  if (kind == "22" || kind == "42") return Code::kInternal;
  return Code::kUnavailable;  // 08 connection, 40 rollback, 53 resources, 55 locks, 57 operator, 58 system
}

std::size_t SequenceLength(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(at);
  if (first == 0) return 0;
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xc0) != 0x80) return 0;
  }
  const unsigned char second = byte(at + 1);
  const bool good = !(first == 0xe0 && second < 0xa0) && !(first == 0xed && second > 0x9f) &&
                    !(first == 0xf0 && second < 0x90) && !(first == 0xf4 && second > 0x8f);
  return good ? length : 0;
}

std::string Storable(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = SequenceLength(text, at);
    if (length == 0) {
      clean.push_back('?');
      ++at;
    } else {
      clean.append(text.substr(at, length));
      at += length;
    }
  }
  return clean;
}

// ?1 becomes $1; our statements hold no question mark within quotes.
std::string WithDollars(std::string sql) {
  for (char& c : sql) {
    if (c == '?') c = '$';
  }
  return sql;
}

// What the statements of one connection share.
class Connection {
 public:
  Connection(PGconn* connection, std::chrono::milliseconds patience)
      : connection_(connection), patience_(patience) {}

  PGconn* get() const { return connection_.get(); }
  // Changes with each new session: what was prepared in another one is gone.
  int session() const { return session_; }
  int changes() const { return changes_; }
  std::string NextName() { return "s" + std::to_string(++names_); }

  bool alive() const { return !silent_ && PQstatus(connection_.get()) == CONNECTION_OK; }
  Status Revive() {
    if (alive()) return {};
    PQreset(connection_.get());
    silent_ = false;
    ++session_;
    if (!alive()) return Unreachable();
    return {};
  }

  // What is answered to what was sent; nothing if that failed or nothing came in time.
  Answer Await(int sent) {
    const auto give_up = std::chrono::steady_clock::now() + patience_;
    Answer last;
    while (sent == 1 && Arrives(give_up)) {
      Answer next(PQgetResult(connection_.get()));
      if (!next) return last;
      last = std::move(next);
    }
    return {};
  }

  Status Check(const Answer& answer) {
    if (!answer) return Unreachable();
    const ExecStatusType status = PQresultStatus(answer.get());
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
      const char* count = PQcmdTuples(answer.get());
      changes_ = 0;
      std::from_chars(count, count + std::strlen(count), changes_);
      return {};
    }
    if (!alive()) return Unreachable();
    const char* state = PQresultErrorField(answer.get(), PG_DIAG_SQLSTATE);
    const char* text = PQresultErrorField(answer.get(), PG_DIAG_MESSAGE_PRIMARY);
    return Error{state ? CodeOf(state) : Code::kUnavailable,
                 std::string("the state database: ") + (text ? text : "no answer"), {}, std::chrono::seconds(1)};
  }

 private:
  // Waits for the next result; false, and the connection is given up, if there is none in time.
  bool Arrives(std::chrono::steady_clock::time_point give_up) {
    while (PQisBusy(connection_.get()) == 1) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(give_up - std::chrono::steady_clock::now()).count();
      pollfd socket{PQsocket(connection_.get()), POLLIN, 0};
      const int ready = left > 0 ? poll(&socket, 1, static_cast<int>(left)) : 0;
      if (ready < 0 && errno == EINTR) continue;
      silent_ = ready <= 0;
      if (silent_ || PQconsumeInput(connection_.get()) == 0) return false;
    }
    return true;
  }

  // libpq's own words name the host and the user, never the password.
  static Error Unreachable() {
    return Error{Code::kUnavailable, "the state database (PostgreSQL) can't be reached", {}, std::chrono::seconds(1)};
  }

  std::unique_ptr<PGconn, Finish> connection_;
  const std::chrono::milliseconds patience_;
  bool silent_ = false;
  int session_ = 0;
  int names_ = 0;
  int changes_ = 0;
};

class PostgresStatement final : public Statement::Driver {
 public:
  PostgresStatement(std::shared_ptr<Connection> connection, std::string sql)
      : connection_(std::move(connection)), sql_(std::move(sql)), name_(connection_->NextName()) {}

  ~PostgresStatement() override {
    if (session_ != connection_->session() || !connection_->alive()) return;
    const Answer gone = connection_->Await(PQsendQuery(connection_->get(), ("DEALLOCATE " + name_).c_str()));
  }

  void Text(int index, std::string_view value) override { Set(index, Storable(value), false); }
  void Bytes(int index, std::string_view value) override { Set(index, std::string(value), true); }
  void Integer(int index, std::int64_t value) override { Set(index, std::to_string(value), false); }
  void Null(int index) override { Set(index, std::nullopt, false); }

  // All rows come at once, with the first one.
  Result<bool> Step() override {
    if (!answer_) {
      if (Status run = Execute(); !run) {
        Reset();
        return std::move(run).error();
      }
    }
    if (++row_ < PQntuples(answer_.get())) return true;
    Reset();
    return false;
  }
  void Reset() override {
    answer_.reset();
    row_ = -1;
    values_.clear();
  }

  Status EnsurePrepared() {
    if (session_ == connection_->session()) return {};
    const Answer answer =
        connection_->Await(PQsendPrepare(connection_->get(), name_.c_str(), sql_.c_str(), 0, nullptr));
    Status checked = connection_->Check(answer);
    if (checked) session_ = connection_->session();
    return checked;
  }

  std::string TextAt(int column) const override {
    const char* text = PQgetvalue(answer_.get(), row_, column);
    const auto size = static_cast<std::size_t>(PQgetlength(answer_.get(), row_, column));
    if (PQftype(answer_.get(), column) != kBytea) return {text, size};
    std::size_t length = 0;
    unsigned char* bytes = PQunescapeBytea(reinterpret_cast<const unsigned char*>(text), &length);
    std::string value(reinterpret_cast<const char*>(bytes), bytes ? length : 0);
    PQfreemem(bytes);
    return value;
  }
  std::int64_t IntegerAt(int column) const override {
    const char* text = PQgetvalue(answer_.get(), row_, column);
    std::int64_t value = 0;
    std::from_chars(text, text + std::strlen(text), value);
    return value;
  }
  bool IsNull(int column) const override { return PQgetisnull(answer_.get(), row_, column) == 1; }

 private:
  struct Value {
    std::optional<std::string> text;
    bool binary = false;
  };

  void Set(int index, std::optional<std::string> text, bool binary) {
    const auto at = static_cast<std::size_t>(index - 1);
    if (values_.size() <= at) values_.resize(at + 1);
    values_[at] = {std::move(text), binary};
  }

  Status Execute() {
    if (Status prepared = EnsurePrepared(); !prepared) return prepared;
    std::vector<const char*> texts;
    std::vector<int> lengths, formats;
    for (const Value& value : values_) {
      texts.push_back(value.text ? value.text->c_str() : nullptr);
      lengths.push_back(value.text ? static_cast<int>(value.text->size()) : 0);
      formats.push_back(value.binary ? 1 : 0);
    }
    answer_ = connection_->Await(PQsendQueryPrepared(connection_->get(), name_.c_str(), static_cast<int>(values_.size()),
                                                     texts.data(), lengths.data(), formats.data(), 0));
    row_ = -1;
    return connection_->Check(answer_);
  }

  const std::shared_ptr<Connection> connection_;
  const std::string sql_;
  const std::string name_;
  int session_ = -1;
  std::vector<Value> values_;
  Answer answer_;
  int row_ = -1;
};

class PostgresDatabase final : public Database::Driver {
 public:
  PostgresDatabase(PGconn* connection, std::chrono::milliseconds patience)
      : connection_(std::make_shared<Connection>(connection, patience)) {}

  Database::Engine engine() const override { return Database::Engine::kPostgres; }
  Status Execute(const char* sql) override {
    const Answer answer = connection_->Await(PQsendQuery(connection_->get(), sql));
    return connection_->Check(answer);
  }
  Result<std::unique_ptr<Statement::Driver>> Prepare(const std::string& sql) override {
    if (Status alive = Revive(); !alive) return std::move(alive).error();
    auto statement = std::make_unique<PostgresStatement>(connection_, WithDollars(sql));
    if (Status prepared = statement->EnsurePrepared(); !prepared) return std::move(prepared).error();
    return std::unique_ptr<Statement::Driver>(std::move(statement));
  }
  Status Begin() override {
    if (Status alive = Revive(); !alive) return alive;
    Status begun = Execute(kBegin);
    if (!begun) Rollback();
    return begun;
  }
  int Changes() const override { return connection_->changes(); }
  void Rollback() override {
    if (!connection_->alive()) return;
    if (PQtransactionStatus(connection_->get()) != PQTRANS_IDLE) (void)Execute("ROLLBACK");
  }
  Status Revive() override { return connection_->Revive(); }

 private:
  std::shared_ptr<Connection> connection_;
};

// What the URL itself says goes over these.
constexpr std::array<std::pair<const char*, const char*>, 8> kSettings = {{
    {"application_name", "wayleave-auth"},
    {"connect_timeout", "2"},
    {"client_encoding", "UTF8"},
    {"keepalives_idle", "10"},
    {"keepalives_interval", "3"},
    {"keepalives_count", "3"},
    {"tcp_user_timeout", "8000"},
    {"options", "-c statement_timeout=8000 -c lock_timeout=6000 -c idle_in_transaction_session_timeout=10000 "
                "-c client_min_messages=warning"},
}};

}  // namespace

bool IsPostgres(const std::string& location) {
  return location.starts_with("postgres://") || location.starts_with("postgresql://");
}

Result<Database> OpenPostgres(const std::string& url, std::chrono::milliseconds patience) {
  if (Status checked = CheckPostgresUrl(url); !checked) return std::move(checked).error();
  std::vector<const char*> names, values;
  for (const auto& [name, value] : kSettings) {
    names.push_back(name);
    values.push_back(value);
  }
  names.push_back("dbname");
  values.push_back(url.c_str());
  names.push_back(nullptr);
  values.push_back(nullptr);
  PGconn* connection = PQconnectdbParams(names.data(), values.data(), 1);
  auto driver = std::make_unique<PostgresDatabase>(connection, patience);
  if (PQstatus(connection) != CONNECTION_OK) {
    return Error{Code::kUnavailable, "can't open the state database: " + WithoutPassword(PQerrorMessage(connection), url)};
  }
  return Database(std::move(driver));
}

}  // namespace wayleave::auth
