#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "router-service/health.h"
#include "wayleave/router/v1/router.pb.h"

namespace wayleave::router {

struct TargetConfig;

// A target that could serve the request, while the decision is made. `facts` is the entry of `targets:` that tells
// most about it, or nullptr; it lives as long as the snapshot.
struct Candidate {
  v1::Target target;
  const TargetConfig* facts = nullptr;
};

// In which order the targets of a decision are asked: `prefer` in the file.
enum class Strategy { kOrdered, kWeighted, kCheapest, kFastest, kLeastBusy, kAccuracy, kSticky };

// One strategy: a function in a file of its own, and one line in strategies/registry.cc.
struct StrategyEntry {
  Strategy strategy;
  const char* name;  // in the file
  // Puts the best first, tells in each target's `reason` why it stands where it does. Pure.
  void (*order)(std::vector<Candidate>& candidates, const v1::RouteRequest& request, const Health& health);
  v1::Pick pick;  // the caller's own part in the choice
};

// All of them, `ordered` first.
std::span<const StrategyEntry> Strategies();
const StrategyEntry& EntryOf(Strategy strategy);
// nullopt if nothing has this name.
std::optional<Strategy> StrategyNamed(std::string_view name);

// Puts the best first; a target that is to be tried before all.
void Order(Strategy strategy, std::vector<Candidate>& candidates, const v1::RouteRequest& request,
           const Health& health);

}  // namespace wayleave::router
