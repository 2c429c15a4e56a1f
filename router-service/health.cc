#include "router-service/health.h"

#include <algorithm>
#include <utility>

#include "router-service/passed_over.h"
#include "router-service/strategies/strategy.h"

namespace wayleave::router {
namespace {

using std::chrono::milliseconds;

constexpr int kMostNamed = 5;

class Well final : public Health {
 public:
  Standing Of(const std::string&, const std::string&) const override { return {}; }
};

// `first`: of those that were passed over, the first one for its health.
Error NobodyIsWell(const PassedOver& passed_over, int first, milliseconds wait) {
  std::string message = "Every model that could serve this request is failing now: ";
  const int last = std::min(passed_over.size(), first + kMostNamed);
  for (int i = first; i < last; ++i) {
    const v1::PassedOver& over = passed_over[i];
    message += (i > first ? "; " : "") + over.provider() + "/" + over.model() + ", " + over.why();
  }
  if (last < passed_over.size()) message += "; and " + std::to_string(passed_over.size() - last) + " more";
  return Error{Code::kUnavailable, message + ". Please try again then.", "no_healthy_target", wait};
}

}  // namespace

const Health& AllWell() {
  static const Well well;
  return well;
}

Status Screen(const Health& health, std::vector<Candidate>& candidates, PassedOver& passed_over) {
  const int first = passed_over.size();
  milliseconds wait = milliseconds::max();
  bool tried = false;
  std::erase_if(candidates, [&](Candidate& candidate) {
    v1::Target& target = candidate.target;
    Standing standing = health.Of(target.provider(), target.model());
    if (standing.state == Standing::State::kWell) return false;
    if (standing.state == Standing::State::kTrial && !std::exchange(tried, true)) {
      target.set_trial(true);
      target.set_attempts(1);
      return false;
    }
    if (standing.state == Standing::State::kTrial) standing.why = "this request tries another target that was sick";
    wait = std::min(wait, standing.wait);
    PassOver(target, std::move(standing.why), passed_over);
    return true;
  });
  if (candidates.empty() && first < passed_over.size()) return NobodyIsWell(passed_over, first, wait);
  return {};
}

}  // namespace wayleave::router
