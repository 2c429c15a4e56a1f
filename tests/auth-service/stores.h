#pragma once

#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "auth-service/store/postgres.h"
#include "auth-service/store/sql_store.h"
#include "auth-service/store/sqlite.h"
#include "tests/auth-service/postgres_server.h"
#include "tests/auth-service/support.h"

namespace wayleave::auth {

enum class Engine { kSqlite, kPostgres };

// A place of either engine that is empty at first and that any number of stores may be opened in.
class StorePlace {
 public:
  explicit StorePlace(Engine engine) : engine_(engine) {
    if (engine == Engine::kPostgres) url_ = PostgresServer::Get().NewDatabase();
  }

  Result<std::unique_ptr<SqlStore>> TryOpen() {
    return engine_ == Engine::kSqlite ? SqlStore::OpenSqlite(directory(), registry_)
                                      : SqlStore::OpenPostgres(url_, registry_);
  }
  std::unique_ptr<SqlStore> Open() {
    auto store = TryOpen();
    if (!store) throw std::runtime_error(store.error().message);
    return std::move(*store);
  }
  // A connection beside the stores, for what no program of ours does.
  Result<Database> OpenDatabase() {
    return engine_ == Engine::kSqlite ? OpenSqlite(directory() + "/auth.db", SqliteMode::kReadWrite)
                                      : OpenPostgres(url_);
  }

  Engine engine() const { return engine_; }
  const std::string& url() const { return url_; }
  std::string directory() const { return directory_ / "state"; }

 private:
  const Engine engine_;
  TempDirectory directory_;
  std::string url_;
  metrics::Registry registry_{"test"};
};

// What a job of one transaction came to, waited for.
template <class Job>
Status Transact(Store& store, Job job) {
  std::promise<Status> answer;
  auto done = answer.get_future();
  store.Write([job = std::move(job)](Changes& changes) -> Status { return job(changes); },
              [&answer](Status status) { answer.set_value(std::move(status)); });
  return done.get();
}

// Waits for everything that was asked of the store.
inline void Drain(Store& store) {
  (void)Transact(store, [](Changes&) { return Status(); });
}

// The same for a question within a transaction.
template <class T, class Question>
T Ask(Store& store, Question question) {
  std::optional<T> answer;
  (void)Transact(store, [&](Changes& changes) -> Status {
    answer.emplace(question(changes));
    return answer->ok() ? Status() : Status(answer->error());
  });
  return std::move(*answer);
}

inline std::string EngineName(const testing::TestParamInfo<Engine>& engine) {
  return engine.param == Engine::kSqlite ? "Sqlite" : "Postgres";
}

#define WAYLEAVE_ON_BOTH_ENGINES(SUITE) \
  INSTANTIATE_TEST_SUITE_P(Engines, SUITE, testing::Values(Engine::kSqlite, Engine::kPostgres), EngineName)

}  // namespace wayleave::auth
