#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "wayleave/router/v1/router.pb.h"

namespace wayleave::router {

struct Candidate;

// How one target does, as a decision sees it.
struct Standing {
  enum class State {
    kWell,
    kTrial,  // was sick; one request is to show whether it is well again
    kSick,   // not to be asked now
  };
  State state = State::kWell;
  std::string why;                    // of a sick one, in words that complete "passed over: …"
  std::chrono::milliseconds wait{0};  // of a sick one: until asking may help
};

// How fast a target answers, by its latest answers.
struct Speed {
  double first_token = 0;        // seconds until it
  double tokens_per_second = 0;  // from then on; 0 if unknown
};

// What a decision sees of the targets' health. Any thread.
class Health {
 public:
  virtual ~Health() = default;
  virtual Standing Of(const std::string& provider, const std::string& model) const = 0;
  // nullopt for a target that nobody measured lately.
  virtual std::optional<Speed> SpeedOf(const std::string&, const std::string&) const { return std::nullopt; }
};

// All targets are well: for decisions that must not depend on the day, as those of `tests:`.
const Health& AllWell();

// Takes the sick targets out of `candidates` and says in `passed_over` why. Of those that are to be tried, the first is
// marked as the trial, to be asked once, and the others are passed over too: one request tries one target. An error if
// nothing is left that may be asked; it names the targets, and the time after which one may be asked again.
Status Screen(const Health& health, std::vector<Candidate>& candidates,
              google::protobuf::RepeatedPtrField<v1::PassedOver>& passed_over);

}  // namespace wayleave::router
