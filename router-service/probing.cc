#include "router-service/probing.h"

#include "base/async/deadline.h"

namespace wayleave::router {

Probing::Probing(Worker& worker, ProbeSource& source, Core& core, metrics::Registry& registry, ProbingConfig config)
    : worker_(worker),
      source_(source),
      core_(core),
      probes_(registry.Counters("wayleave_router_probes_total",
                                "Times that a provider with an open circuit was asked for a sign of life.",
                                {"provider", "result"})),
      config_(config) {}

void Probing::Start() {
  RunOn(worker_, [this] { return Begin(this); });
}

void Probing::Stop() {
  RunOn(worker_, [this] { return End(this); });
}

Task<void> Probing::Begin(Probing* self) {
  self->tasks_.Spawn(self->Run());
  co_return;
}

Task<void> Probing::End(Probing* self) {
  self->stopping_ = true;
  self->wake_.Set();
  co_await self->tasks_.Empty();
}

Task<void> Probing::Run() {
  while (!stopping_) {
    co_await AskAll();
    if (!stopping_) co_await Wait();
  }
}

// All at once, so that one that is silent does not keep the others waiting.
Task<void> Probing::AskAll() {
  const std::shared_ptr<const Snapshot> snapshot = core_.snapshot();
  TaskGroup questions;
  for (std::string& provider : core_.circuits().Sick(Breaker::Clock::now())) {
    if (snapshot->HasProvider(provider)) questions.Spawn(Ask(std::move(provider)));
  }
  co_await questions.Empty();
}

Task<void> Probing::Ask(std::string provider) {
  const Result<provider::v1::ProbeResponse> answer = co_await source_.Probe(provider, config_.patience);
  if (!answer) {
    Count(provider, "not_asked");
    co_return;
  }
  Count(provider, answer->reachable() ? "alive" : "silent");
  core_.circuits().Heard(provider, answer->reachable(), Breaker::Clock::now());
}

void Probing::Count(const std::string& provider, const char* result) {
  probes_.With({provider, result}).Increment();
}

Task<void> Probing::Wait() {
  Deadline alarm(worker_.deadlines(), [this] { wake_.Set(); });
  alarm.Set(config_.interval);
  co_await wake_;
}

}  // namespace wayleave::router
