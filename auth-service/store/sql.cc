#include "auth-service/store/sql.h"

namespace wayleave::auth {

Status Statement::Run() {
  Result<bool> stepped = Step();
  if (!stepped) return std::move(stepped).error();
  return {};
}

Result<std::int64_t> Statement::One(std::int64_t otherwise) {
  Result<bool> row = Step();
  if (!row) return std::move(row).error();
  if (!*row) return otherwise;
  const std::int64_t value = IntegerAt(0);
  Reset();
  return value;
}

Result<Statement> Database::Prepare(const std::string& sql) {
  auto prepared = driver_->Prepare(sql);
  if (!prepared) return std::move(prepared).error();
  return Statement(std::move(*prepared));
}

Result<std::int64_t> Database::Query(const char* sql) {
  Result<Statement> statement = Prepare(sql);
  if (!statement) return std::move(statement).error();
  Result<bool> row = statement->Step();
  if (!row) return std::move(row).error();
  if (!*row) return Error{Code::kInternal, "the state database gave no answer"};
  return statement->IntegerAt(0);
}

}  // namespace wayleave::auth
