#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>

#include "base/metrics/registry.h"
#include "wayleave/router/v1/router.pb.h"

namespace wayleave::router {

// The contract's word for how a request went: "ok", a failure's word, or "other". A literal.
const char* WordOf(const v1::ReportOutcomeRequest& outcome);

// How each target did lately: what was counted, how the last request went, how many failed in a row.
// Any thread; the registry must outlive it. Keeps at most 10,000 targets and counts the rest together, as the
// target "_other", so that invented model names can't fill the memory or the metrics.
class Outcomes {
 public:
  explicit Outcomes(metrics::Registry& registry);

  // `known`: whether the configuration or a provider names this target; unknown ones are counted as "_other".
  void Note(const v1::ReportOutcomeRequest& outcome, bool known);

 private:
  static constexpr std::size_t kResults = 8;

  struct Target {
    std::array<prometheus::Counter*, kResults> results{};
    prometheus::Gauge* last_ok = nullptr;
    prometheus::Gauge* failures_in_a_row = nullptr;
  };

  Target& Find(const std::string& provider, const std::string& model);

  const metrics::Family<prometheus::Gauge> last_ok_;
  const metrics::Family<prometheus::Gauge> failures_;
  const metrics::Family<prometheus::Counter> outcomes_;
  std::mutex mutex_;  // guards the map; held for a look-up and a few increments
  std::map<std::pair<std::string, std::string>, Target> targets_;
};

}  // namespace wayleave::router
