#include "router-service/discovery.h"

#include <algorithm>

#include "base/log/log.h"

namespace wayleave::router {

Discovery::Discovery(Worker& worker, ModelSource& source, Core& core, DiscoveryConfig config)
    : worker_(worker), source_(source), core_(core), config_(config) {}

void Discovery::Start() {
  RunOn(worker_, [this] { return Begin(this); });
}

void Discovery::Stop() {
  RunOn(worker_, [this] { return End(this); });
}

void Discovery::Poke() {
  worker_.Post([this] { wake_.Set(); });
}

Task<void> Discovery::Begin(Discovery* self) {
  self->tasks_.Spawn(self->Run());
  co_return;
}

Task<void> Discovery::End(Discovery* self) {
  self->stopping_ = true;
  self->wake_.Set();
  co_await self->tasks_.Empty();
}

Task<void> Discovery::Run() {
  std::chrono::milliseconds pause = config_.retry;
  while (!stopping_) {
    const bool complete = co_await AskOnce();
    if (stopping_) break;
    if (complete) {
      pause = config_.retry;
      co_await Wait(config_.interval);
    } else {
      co_await Wait(std::min(pause, config_.interval));
      pause = std::min(pause * 2, config_.interval);
    }
  }
}

// Whether every provider has told its models.
Task<bool> Discovery::AskOnce() {
  Result<provider::v1::ListModelsResponse> offers = co_await source_.ListModels();
  if (!offers) {
    if (reachable_) log::Warning("router.discovery_failed", {{"problem", offers.error().message}});
    reachable_ = false;
    core_.LearnNothing();
    co_return false;
  }
  reachable_ = true;
  core_.Learn(*offers);
  const auto& providers = offers->providers();
  co_return std::all_of(providers.begin(), providers.end(), [](const auto& p) { return p.problem().empty(); });
}

Task<void> Discovery::Wait(std::chrono::milliseconds time) {
  Deadline alarm(worker_.deadlines(), [this] { wake_.Set(); });
  alarm.Set(time);
  co_await wake_;
}

}  // namespace wayleave::router
