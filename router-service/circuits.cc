#include "router-service/circuits.h"

#include <algorithm>
#include <random>
#include <string_view>
#include <tuple>
#include <utility>

#include "base/log/log.h"
#include "router-service/outcomes.h"

namespace wayleave::router {
namespace {

using std::chrono::milliseconds;
using State = Breaker::State;

constexpr std::size_t kMostTargets = 10'000;
constexpr char kOther[] = "_other";
constexpr int kMostListed = 1000;
constexpr std::chrono::seconds kSweepPause{1};
constexpr std::chrono::minutes kMemory{10};  // of targets that nobody configured, when room is short
constexpr milliseconds kTrialTime{1000};

Verdict VerdictOf(const v1::ReportOutcomeRequest& outcome) {
  Verdict verdict{outcome.ok(), WordOf(outcome)};
  verdict.limited = std::string_view(verdict.error) == "status_429";
  verdict.trial = outcome.trial();
  if (!outcome.has_retry_after()) return verdict;
  const auto& wait = outcome.retry_after();
  verdict.retry_after = milliseconds(std::clamp<std::int64_t>(wait.seconds(), 0, 1'000'000) * 1000 +
                                     std::clamp(wait.nanos(), 0, 999'999'999) / 1'000'000);
  return verdict;
}

// Up, so that whoever waits that long does not come too early.
milliseconds Whole(Breaker::Clock::duration time) { return std::chrono::ceil<milliseconds>(time); }

// "400 ms", "12 s", "14 min"
std::string Words(milliseconds time) {
  const auto ms = time.count();
  if (ms < 1000) return std::to_string(ms) + " ms";
  if (ms < 120'000) return std::to_string((ms + 999) / 1000) + " s";
  return std::to_string((ms + 59'999) / 60'000) + " min";
}

std::string WhySick(const Breaker& breaker, Breaker::Time now) {
  if (breaker.state(now) == State::kHalfOpen) return "its circuit is half-open, and another request tries it now";
  const std::string error = breaker.error();
  const std::string again = ", tried again in " + Words(Whole(breaker.wait(now)));
  if (breaker.asked_to_wait(now)) return "it asked not to be asked for now (" + error + ")" + again;
  const int failures = breaker.failures();
  const std::string count = failures == 1 ? "a failure" : std::to_string(failures) + " failures in a row";
  return "its circuit is open after " + count + " (" + error + ")" + again;
}

// Whether an answer of the provider shows that what opened the circuit is over.
bool Disproved(std::string_view error) { return error == "connect" || error == "timeout" || error == "broken_stream"; }

v1::Circuit CircuitOf(State state) {
  if (state == State::kClosed) return v1::CIRCUIT_CLOSED;
  return state == State::kOpen ? v1::CIRCUIT_OPEN : v1::CIRCUIT_HALF_OPEN;
}

v1::TargetState StateOf(const std::string& provider, const std::string& model, const Breaker& breaker,
                        Breaker::Time now) {
  v1::TargetState state;
  state.set_provider(provider);
  state.set_model(model);
  state.set_circuit(CircuitOf(breaker.state(now)));
  if (state.circuit() == v1::CIRCUIT_CLOSED) return state;
  state.set_error(breaker.error());
  state.set_failures(breaker.failures());
  const milliseconds wait = Whole(breaker.wait(now));
  state.mutable_wait()->set_seconds(wait.count() / 1000);
  state.mutable_wait()->set_nanos(static_cast<std::int32_t>(wait.count() % 1000) * 1'000'000);
  return state;
}

}  // namespace

Circuits::Circuits(metrics::Registry& registry, Draw draw)
    : registry_(registry),
      draw_(std::move(draw)),
      other_(registry, kOther, kOther),
      untracked_(registry.Counter("wayleave_router_circuits_untracked_total",
                                  "Outcomes of targets that there was no room to keep a circuit for.")) {
  registry.OnCollect([table = std::weak_ptr<Table>(table_)] {
    if (const auto alive = table.lock()) alive->Show(Breaker::Clock::now());
  });
}

Circuits::Draw Circuits::RandomDraw() {
  return [random = std::mt19937_64(std::random_device{}())]() mutable {
    return std::uniform_real_distribution<double>(0, 1)(random);
  };
}

void Circuits::Table::Show(Time now) {
  const std::lock_guard lock(mutex);
  for (auto& [name, provider] : providers) {
    for (auto& [model, target] : provider.models) {
      if (!target.own_series) continue;
      target.series->Show(target.breaker.state(now));
      target.series->Show(target.pace.Now(now).value_or(Speed{}));
    }
  }
}

void Circuits::Configure(const BreakerConfig& config) {
  const std::lock_guard lock(table_->mutex);
  config_ = config;
  if (config.on()) return;
  for (auto& [name, provider] : table_->providers) {
    for (auto& [model, target] : provider.models) target.breaker = Breaker();
  }
  troubled_ = 0;
}

void Circuits::Note(const v1::ReportOutcomeRequest& outcome, bool known, Time now) {
  const std::lock_guard lock(table_->mutex);
  Target* target = FindOrAdd(outcome, known, now);
  if (!target) return;
  target->touched = now;
  target->pace.Note(outcome, now);
  NoteIn(*target, outcome, now);
}

void Circuits::NoteIn(Target& target, const v1::ReportOutcomeRequest& outcome, Time now) {
  const Verdict verdict = VerdictOf(outcome);
  const State before = target.breaker.state(now);
  if (before == State::kOpen && !verdict.trial) target.series->AskedWhileOpen();
  const bool opened = target.breaker.Note(verdict, now, config_, draw_());
  const bool closed = target.breaker.state(now) == State::kClosed;
  troubled_ += (before == State::kClosed ? 1 : 0) - (closed ? 1 : 0);
  const std::string name = outcome.provider() + "/" + outcome.model();
  if (opened) {
    target.series->Opened();
    log::Warning("router.circuit_opened", {{"target", name},
                                           {"error", verdict.error},
                                           {"failures", target.breaker.failures()},
                                           {"ms", Whole(target.breaker.wait(now)).count()}});
  }
  if (closed && before != State::kClosed) log::Info("router.circuit_closed", {{"target", name}});
}

Circuits::Target* Circuits::FindOrAdd(const v1::ReportOutcomeRequest& outcome, bool known, Time now) {
  Target* target = Find(outcome.provider(), outcome.model());
  if (!target && !known && outcome.ok()) return nullptr;  // a new circuit would remember nothing
  if (!target && size_ >= kMostTargets) Sweep(now);
  if (!target && size_ >= kMostTargets) {
    untracked_.Increment();
    return nullptr;
  }
  if (!target) {
    target = &table_->providers[outcome.provider()].models[outcome.model()];
    target->series = &other_;
    ++size_;
  }
  if (known && !target->own_series) {
    target->own_series = std::make_unique<CircuitSeries>(registry_, outcome.provider(), outcome.model());
    target->series = target->own_series.get();
  }
  return target;
}

Circuits::Target* Circuits::Find(const std::string& provider, const std::string& model) const {
  const auto at = table_->providers.find(provider);
  if (at == table_->providers.end()) return nullptr;
  const auto found = at->second.models.find(model);
  return found == at->second.models.end() ? nullptr : &found->second;
}

// Looks at all targets, so not at every outcome.
void Circuits::Sweep(Time now) {
  if (now - swept_ < kSweepPause) return;
  swept_ = now;
  for (auto& [name, provider] : table_->providers) {
    size_ -= std::erase_if(provider.models, [&](const auto& entry) {
      const Target& target = entry.second;
      const bool closed = target.breaker.state(now) == State::kClosed;
      return closed && !target.own_series && now - target.touched >= kMemory;
    });
  }
}

Standing Circuits::Of(const std::string& provider, const std::string& model, Time now) const {
  if (troubled_ == 0) return {};
  const std::lock_guard lock(table_->mutex);
  const Target* target = Find(provider, model);
  if (!target || target->breaker.state(now) == State::kClosed) return {};
  const Breaker& breaker = target->breaker;
  if (breaker.trial_free(now)) return {Standing::State::kTrial};
  // A trial is over long before the time after which it would be given up.
  const milliseconds wait = Whole(breaker.wait(now));
  const bool tried = breaker.state(now) == State::kHalfOpen;
  return {Standing::State::kSick, WhySick(breaker, now), tried ? std::min(wait, kTrialTime) : wait};
}

std::optional<Speed> Circuits::SpeedOf(const std::string& provider, const std::string& model, Time now) const {
  const std::lock_guard lock(table_->mutex);
  const Target* target = Find(provider, model);
  return target ? target->pace.Now(now) : std::nullopt;
}

bool Circuits::TakeTrial(const std::string& provider, const std::string& model, Time now) {
  const std::lock_guard lock(table_->mutex);
  Target* target = Find(provider, model);
  if (!target || !target->breaker.TakeTrial(now)) return false;
  target->series->Tried();
  return true;
}

std::vector<std::string> Circuits::Sick(Time now) const {
  std::vector<std::string> sick;
  if (troubled_ == 0) return sick;
  const std::lock_guard lock(table_->mutex);
  for (const auto& [name, provider] : table_->providers) {
    const bool open = std::any_of(provider.models.begin(), provider.models.end(), [&](const auto& entry) {
      return entry.second.breaker.state(now) == State::kOpen;
    });
    if (open) sick.push_back(name);
  }
  return sick;
}

v1::ListTargetsResponse Circuits::List(Time now) const {
  v1::ListTargetsResponse response;
  {
    const std::lock_guard lock(table_->mutex);
    for (const auto& [name, provider] : table_->providers) {
      for (const auto& [model, target] : provider.models)
        *response.add_targets() = StateOf(name, model, target.breaker, now);
    }
  }
  auto& targets = *response.mutable_targets();
  std::sort(targets.pointer_begin(), targets.pointer_end(), [](const v1::TargetState* a, const v1::TargetState* b) {
    const auto rank = [](const v1::TargetState& state) {
      const bool well = state.circuit() == v1::CIRCUIT_CLOSED;
      return std::tuple(well, std::string_view(state.provider()), std::string_view(state.model()));
    };
    return rank(*a) < rank(*b);
  });
  if (targets.size() > kMostListed) targets.DeleteSubrange(kMostListed, targets.size() - kMostListed);
  return response;
}

void Circuits::Heard(const std::string& provider, bool alive, Time now) {
  const std::lock_guard lock(table_->mutex);
  const auto at = table_->providers.find(provider);
  if (at == table_->providers.end()) return;
  const bool was_silent = std::exchange(at->second.silent, !alive);
  if (!alive) return;
  for (auto& [model, target] : at->second.models) {
    if (was_silent || Disproved(target.breaker.error())) target.breaker.Revive(now);
  }
}

Standing HealthAt::Of(const std::string& provider, const std::string& model) const {
  Standing standing = circuits_.Of(provider, model, now_);
  if (standing.state == Standing::State::kSick) soonest_ = std::min(soonest_, standing.wait);
  return standing;
}

std::optional<Speed> HealthAt::SpeedOf(const std::string& provider, const std::string& model) const {
  return circuits_.SpeedOf(provider, model, now_);
}

}  // namespace wayleave::router
