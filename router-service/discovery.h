#pragma once

#include <chrono>

#include "base/async/deadline.h"
#include "base/async/event.h"
#include "base/async/task.h"
#include "base/async/worker.h"
#include "base/result.h"
#include "router-service/core.h"
#include "wayleave/provider/v1/provider.pb.h"

namespace wayleave::router {

// Tells what the providers offer. Called on one worker, one call at a time.
class ModelSource {
 public:
  virtual ~ModelSource() = default;
  virtual Task<Result<provider::v1::ListModelsResponse>> ListModels() = 0;
};

struct DiscoveryConfig {
  // Between two questions when all goes well.
  std::chrono::milliseconds interval{30'000};
  // After the first failure; doubles with each further one, up to the interval.
  std::chrono::milliseconds retry{250};
};

// Keeps a core informed of the providers' models: asks at once, and then again and again.
//
// Runs on one worker. Start and stop it on the main thread while the worker runs; stop it before it is
// destroyed. Source and core must outlive it. A question that fails leaves the core's models as they are.
class Discovery {
 public:
  Discovery(Worker& worker, ModelSource& source, Core& core, DiscoveryConfig config);

  void Start();
  // Waits for the question that is under way, if there is one. Idempotent.
  void Stop();
  // Asks now instead of later. Any thread, between Start() and Stop().
  void Poke();

 private:
  Task<void> Run();
  Task<bool> AskOnce();
  Task<void> Wait(std::chrono::milliseconds time);
  static Task<void> Begin(Discovery* self);
  static Task<void> End(Discovery* self);

  Worker& worker_;
  ModelSource& source_;
  Core& core_;
  const DiscoveryConfig config_;
  // The rest belongs to the worker.
  TaskGroup tasks_;
  Event wake_;
  bool stopping_ = false;
  bool reachable_ = true;  // what was logged last
};

}  // namespace wayleave::router
