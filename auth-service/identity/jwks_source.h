#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "auth-service/identity/issuer_config.h"
#include "auth-service/identity/jwks.h"
#include "auth-service/identity/jwks_fetch.h"
#include "auth-service/identity/jwks_probe.h"
#include "auth-service/time.h"
#include "base/async/event.h"
#include "base/async/task.h"
#include "base/async/worker.h"
#include "base/metrics/registry.h"

namespace wayleave::auth {

// The last good key set of one issuer, read again every so often and when asked.
//
// A read that fails leaves the set that was there, however old it is (wayleave_auth_jwks_age_seconds tells), and is
// repeated after ten seconds. An issuer that publishes an empty set is believed: nothing verifies any more.
//
// Keys() and Ask() may be called on any thread; Start() and Stop() belong to the main thread. The worker must be
// running until Stop() has returned, and the registry outlive the source.
class JwksSource {
 public:
  // Throws std::runtime_error as JwksFetch does.
  JwksSource(const IssuerConfig& issuer, metrics::Registry& registry);
  ~JwksSource();

  // Null until a set was read. Never waits for I/O.
  std::shared_ptr<const KeySet> Keys() const;

  // Asks for a read in the background, and returns at once. One in ten seconds of `now` is heard; the others ask for
  // what is under way already, or come too soon.
  void Ask(Time now);

  // Waits for the first read of a file, and tells how it went; a URL is read in the background. After a failure the
  // source runs all the same.
  Status Start(Worker& worker);
  // Cancels a read and waits for its end. Idempotent; the keys stay.
  void Stop();

 private:
  bool MayAsk(Time now);
  void OnAsk();
  Task<void> Run();
  Task<void> Refresh();
  Task<void> End();
  Status Take(const Result<std::string>& document);
  void Tell(const Status& taken);

  const std::string name_;
  const std::chrono::milliseconds interval_;
  JwksProbe probe_;

  mutable std::mutex keys_mutex_;
  std::shared_ptr<const KeySet> keys_;
  std::mutex worker_mutex_;
  Worker* worker_ = nullptr;               // while it runs
  std::int64_t asked_at_ = INT64_MIN / 2;  // nanoseconds since 1970

  // The worker's.
  JwksFetch fetch_;
  Event wake_;
  TaskGroup tasks_;
  Status last_;
  bool reading_ = false;
  bool stopping_ = false;
};

}  // namespace wayleave::auth
