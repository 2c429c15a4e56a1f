#pragma once

#include <chrono>
#include <optional>

#include "router-service/health.h"
#include "wayleave/router/v1/router.pb.h"

namespace wayleave::router {

// How fast a target answers: moving averages in which each new answer counts a fifth. Figures that no answer renewed
// for five minutes are forgotten, so that a target that was slow once is measured again. Not thread-safe.
class Pace {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // Takes what the outcome tells of it; most tell less than all.
  void Note(const v1::ReportOutcomeRequest& outcome, Time now);
  // nullopt if it was not measured lately.
  std::optional<Speed> Now(Time now) const;

 private:
  std::optional<Speed> speed_;
  Time renewed_{};
};

}  // namespace wayleave::router
