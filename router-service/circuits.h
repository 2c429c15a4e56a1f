#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/metrics/registry.h"
#include "router-service/breaker.h"
#include "router-service/circuit_series.h"
#include "router-service/health.h"
#include "router-service/pace.h"
#include "wayleave/router/v1/targets.pb.h"

namespace wayleave::router {

// The health of all targets: a circuit and a pace for each, fed with the outcomes that callers report.
//
// Any thread; the registry must outlive it. The lock is held for a look into a table, and decisions don't even take it
// while every target is well. Keeps at most 10,000 targets: a new one then takes the place of those that have nothing to
// remember, or is not kept, and counted. Targets that nobody configured or offers have circuits, but no series of their
// own.
class Circuits {
 public:
  using Time = Breaker::Time;
  // Random numbers from 0 to 1; called under the lock.
  using Draw = std::function<double()>;

  explicit Circuits(metrics::Registry& registry, Draw draw = RandomDraw());

  // From now on. Circuits that are open keep their time, but for failures = 0, which forgets them all.
  void Configure(const BreakerConfig& config);
  // `known`: whether the configuration or a provider names this target.
  void Note(const v1::ReportOutcomeRequest& outcome, bool known, Time now);

  Standing Of(const std::string& provider, const std::string& model, Time now) const;
  std::optional<Speed> SpeedOf(const std::string& provider, const std::string& model, Time now) const;

  // Takes the trial that a decision found free; false if somebody was faster.
  bool TakeTrial(const std::string& provider, const std::string& model, Time now);

  // The providers with open circuits.
  std::vector<std::string> Sick(Time now) const;
  // How all do, those that are not well first, then by their names; at most 1000.
  v1::ListTargetsResponse List(Time now) const;
  // What came of asking a provider for a sign of life. One that follows silence, or disproves what opened a circuit (no
  // connection, no answer in time, a broken stream), makes the provider's open circuits half-open at once.
  void Heard(const std::string& provider, bool alive, Time now);

  static Draw RandomDraw();

 private:
  struct Target {
    Breaker breaker;
    Pace pace;
    CircuitSeries* series = nullptr;
    std::unique_ptr<CircuitSeries> own_series;  // nullptr: shares those of "other"
    Time touched{};
  };
  using Models = std::unordered_map<std::string, Target>;
  struct Provider {
    Models models;
    bool silent = false;  // the latest question for a sign of life had no answer
  };
  // What the metrics look at when they are collected.
  struct Table {
    std::mutex mutex;
    std::unordered_map<std::string, Provider> providers;
    void Show(Time now);
  };

  void NoteIn(Target& target, const v1::ReportOutcomeRequest& outcome, Time now);
  Target* Find(const std::string& provider, const std::string& model) const;
  Target* FindOrAdd(const v1::ReportOutcomeRequest& outcome, bool known, Time now);
  void Sweep(Time now);

  metrics::Registry& registry_;
  const Draw draw_;
  CircuitSeries other_;
  prometheus::Counter& untracked_;
  const std::shared_ptr<Table> table_ = std::make_shared<Table>();
  // Guarded by the table's mutex, as the table is.
  BreakerConfig config_;
  std::size_t size_ = 0;
  Time swept_{};
  // Targets whose circuit is not closed.
  std::atomic<int> troubled_{0};
};

// What one decision sees: everything as it is at one moment. For one thread; the circuits must outlive it.
class HealthAt final : public Health {
 public:
  HealthAt(const Circuits& circuits, Circuits::Time now) : circuits_(circuits), now_(now) {}

  Standing Of(const std::string& provider, const std::string& model) const override;
  std::optional<Speed> SpeedOf(const std::string& provider, const std::string& model) const override;

  // The shortest wait of the sick targets that were asked about: until then the decision stays right. max() if none.
  std::chrono::milliseconds soonest() const { return soonest_; }

 private:
  const Circuits& circuits_;
  const Circuits::Time now_;
  mutable std::chrono::milliseconds soonest_ = std::chrono::milliseconds::max();
};

}  // namespace wayleave::router
