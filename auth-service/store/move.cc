#include "auth-service/store/move.h"

#include <array>
#include <cstring>

#include "auth-service/store/rows.h"

namespace wayleave::auth {
namespace {

// A statement for each so many rows: over a network the way there and back is what costs.
constexpr std::size_t kRowsAtOnce = 64;
constexpr std::int64_t kRowsATold = 10'000;

// A letter for each column: text, bytes, integer.
struct Table {
  const char* name;
  const char* columns;
  const char* kinds;
};

constexpr std::array<Table, 12> kTables = {{
    {"keys", rows::kKeyColumns, "tbttttiiitttttt"},
    {"key_use", "id, at", "ti"},
    {"tenants", rows::kTenantColumns, "ttiittt"},
    {"users", rows::kUserColumns, "tttit"},
    {"pools", "id, period, used, leased, recall", "tiiii"},
    {"leases", "pool, period, holder, amount", "titi"},
    {"holders", "id, seen_at", "ti"},
    {"releases", "holder, reservation_id, cost_nano_usd, tokens", "ttii"},
    {"usage", rows::kUsageColumns, "tttttttttiiiiiiiiiiiibti"},
    {"contents", rows::kContentColumns, "ttib"},
    {"audit", rows::kAuditColumns, "tiitttb"},
    {"checkpoints", "chain, sequence, line", "tit"},
}};

struct Cell {
  bool null = false;
  std::int64_t integer = 0;
  std::string text;
};
using Cells = std::vector<Cell>;

// Undoes what is open when it goes.
struct Undo {
  explicit Undo(Database& of) : database(of) {}
  ~Undo() { database.Rollback(); }
  Undo(const Undo&) = delete;
  Undo& operator=(const Undo&) = delete;
  Database& database;
};

std::string InsertSql(const Table& table, std::size_t rows) {
  std::string sql = std::string("INSERT INTO ") + table.name + " (" + table.columns + ") VALUES ";
  const std::size_t width = std::strlen(table.kinds);
  for (std::size_t row = 0, place = 0; row < rows; ++row) {
    sql += row == 0 ? "(" : ", (";
    for (std::size_t column = 0; column < width; ++column) sql += (column == 0 ? "?" : ", ?") + std::to_string(++place);
    sql += ")";
  }
  return sql;
}

void Read(const Statement& row, const Table& table, Cells& into) {
  for (int column = 0; table.kinds[column] != '\0'; ++column) {
    Cell& cell = into.emplace_back();
    cell.null = row.IsNull(column);
    if (cell.null) continue;
    if (table.kinds[column] == 'i') {
      cell.integer = row.IntegerAt(column);
    } else {
      cell.text = row.TextAt(column);
    }
  }
}

void Bind(Statement& statement, const Table& table, const Cells& cells) {
  const std::size_t width = std::strlen(table.kinds);
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const int place = static_cast<int>(i) + 1;
    const char kind = table.kinds[i % width];
    if (cells[i].null) {
      statement.Null(place);
    } else if (kind == 'i') {
      statement.Integer(place, cells[i].integer);
    } else if (kind == 'b') {
      statement.Bytes(place, cells[i].text);
    } else {
      statement.Text(place, cells[i].text);
    }
  }
}

Result<std::int64_t> CountOf(Database& database, const Table& table) {
  return database.Query((std::string("SELECT count(*) FROM ") + table.name).c_str());
}

Result<std::map<std::string, UsageTotal>> TotalsOf(Database& database) {
  Result<Statement> query = database.Prepare(
      "SELECT tenant, count(*), coalesce(sum(input_tokens), 0), coalesce(sum(output_tokens), 0), "
      "coalesce(sum(cost_nano_usd), 0) FROM usage GROUP BY tenant");
  if (!query) return std::move(query).error();
  std::map<std::string, UsageTotal> totals;
  while (true) {
    Result<bool> row = query->Step();
    if (!row) return std::move(row).error();
    if (!*row) return totals;
    totals[query->TextAt(0)] = {query->IntegerAt(1), query->IntegerAt(2), query->IntegerAt(3), query->IntegerAt(4)};
  }
}

Status IsEmpty(Database& database) {
  for (const Table& table : kTables) {
    const std::string sql = std::string("SELECT count(*) FROM (SELECT 1 FROM ") + table.name + " LIMIT 1) AS first_rows";
    const Result<std::int64_t> rows = database.Query(sql.c_str());
    if (!rows) return rows.error();
    if (*rows == 0) continue;
    return Error{Code::kFailedPrecondition, std::string("the database is not empty, there are rows in `") + table.name +
                                                "`: name one that was just made, or drop this one and make it again"};
  }
  return {};
}

class Copy {
 public:
  Copy(Database& to, const Table& table, std::int64_t of, const MoveProgress& progress)
      : to_(to), table_(table), of_(of), progress_(progress) {}

  Status Run(Statement source) {
    Result<Statement> many = to_.Prepare(InsertSql(table_, kRowsAtOnce));
    if (!many) return std::move(many).error();
    while (true) {
      Result<bool> row = source.Step();
      if (!row) return std::move(row).error();
      if (!*row) break;
      Read(source, table_, cells_);
      if (++waiting_ < kRowsAtOnce) continue;
      if (Status written = Write(*many); !written) return written;
    }
    return WriteRest();
  }

 private:
  Status Write(Statement& statement) {
    Bind(statement, table_, cells_);
    if (Status written = statement.Run(); !written) return written;
    const std::int64_t before = rows_ / kRowsATold;
    rows_ += static_cast<std::int64_t>(waiting_);
    waiting_ = 0;
    cells_.clear();
    if (rows_ / kRowsATold != before) progress_(table_.name, rows_, of_);
    return {};
  }

  Status WriteRest() {
    if (waiting_ > 0) {
      Result<Statement> rest = to_.Prepare(InsertSql(table_, waiting_));
      if (!rest) return std::move(rest).error();
      if (Status written = Write(*rest); !written) return written;
    }
    progress_(table_.name, rows_, of_);
    return {};
  }

  Database& to_;
  const Table& table_;
  const std::int64_t of_;
  const MoveProgress& progress_;
  Cells cells_;
  std::size_t waiting_ = 0;
  std::int64_t rows_ = 0;
};

Status CopyTable(Database& from, Database& to, const Table& table, const MoveProgress& progress) {
  const Result<std::int64_t> count = CountOf(from, table);
  if (!count) return count.error();
  Result<Statement> source = from.Prepare(std::string("SELECT ") + table.columns + " FROM " + table.name);
  if (!source) return std::move(source).error();
  return Copy(to, table, *count, progress).Run(std::move(*source));
}

Error Differs(const std::string& what) {
  return Error{Code::kDataLoss, "the copy differs from the original in " + what + "; nothing was kept of it"};
}

Result<Moved> Compare(Database& from, Database& to) {
  Moved moved;
  for (const Table& table : kTables) {
    const Result<std::int64_t> here = CountOf(from, table), there = CountOf(to, table);
    if (!here) return here.error();
    if (!there) return there.error();
    if (*here != *there) return Differs(std::string("the number of rows in `") + table.name + "`");
    moved.tables.emplace_back(table.name, *there);
  }
  auto here = TotalsOf(from), there = TotalsOf(to);
  if (!here) return std::move(here).error();
  if (!there) return std::move(there).error();
  if (*here != *there) return Differs("what the requests of a tenant come to");
  moved.tenants = std::move(*there);
  return moved;
}

// A copy may take longer than any statement of a server should.
Status BeginLong(Database& database) {
  if (Status begun = database.Begin(); !begun) return begun;
  if (database.engine() == Database::Engine::kSqlite) return {};
  return database.Execute("SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0");
}

}  // namespace

Result<Moved> MoveStore(Database& from, Database& to, const MoveProgress& progress) {
  const Undo undo_from(from), undo_to(to);
  if (Status begun = BeginLong(from); !begun) return std::move(begun).error();
  if (Status begun = BeginLong(to); !begun) return std::move(begun).error();
  if (Status empty = IsEmpty(to); !empty) return std::move(empty).error();
  for (const Table& table : kTables) {
    if (Status copied = CopyTable(from, to, table, progress); !copied) return std::move(copied).error();
  }
  Result<Moved> moved = Compare(from, to);
  if (!moved) return moved;
  if (Status committed = to.Execute("COMMIT"); !committed) return std::move(committed).error();
  return moved;
}

Result<std::optional<Time>> LastServed(Database& database) {
  const Result<std::int64_t> nanos = database.Query("SELECT coalesce(max(seen_at), 0) FROM holders");
  if (!nanos) return nanos.error();
  return *nanos == 0 ? std::optional<Time>() : TimeOf(*nanos);
}

}  // namespace wayleave::auth
