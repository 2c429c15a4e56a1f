#pragma once

#include <chrono>
#include <string>

#include "base/async/event.h"
#include "base/async/task.h"
#include "base/async/worker.h"
#include "base/metrics/registry.h"
#include "base/result.h"
#include "router-service/core.h"
#include "wayleave/provider/v1/provider.pb.h"

namespace wayleave::router {

// Asks one provider for a sign of life, and gives up after `patience`. Called on one worker, several providers at once;
// the name lives until the call ends.
class ProbeSource {
 public:
  virtual ~ProbeSource() = default;
  virtual Task<Result<provider::v1::ProbeResponse>> Probe(const std::string& provider,
                                                          std::chrono::milliseconds patience) = 0;
};

struct ProbingConfig {
  // Between two rounds of questions, which are only asked while a circuit is open.
  std::chrono::milliseconds interval{5'000};
  std::chrono::milliseconds patience{3'000};
};

// Asks providers with open circuits for signs of life, so that one that is back is used again before its circuits' time
// is up.
//
// Runs on one worker. Start and stop it on the main thread while the worker runs; stop it before it is destroyed.
// Source, core and registry must outlive it. A question that nobody could answer changes nothing, but for the count.
class Probing {
 public:
  Probing(Worker& worker, ProbeSource& source, Core& core, metrics::Registry& registry, ProbingConfig config);

  void Start();
  // Waits for the questions that are under way. Idempotent.
  void Stop();

 private:
  Task<void> Run();
  Task<void> AskAll();
  Task<void> Ask(std::string provider);
  Task<void> Wait();
  void Count(const std::string& provider, const char* result);
  static Task<void> Begin(Probing* self);
  static Task<void> End(Probing* self);

  Worker& worker_;
  ProbeSource& source_;
  Core& core_;
  const metrics::Family<prometheus::Counter> probes_;
  const ProbingConfig config_;
  // The rest belongs to the worker.
  TaskGroup tasks_;
  Event wake_;
  bool stopping_ = false;
};

}  // namespace wayleave::router
