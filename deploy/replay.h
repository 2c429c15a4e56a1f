#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "wayleave/auth/v1/auth.pb.h"
#include "wayleave/provider/v1/provider.pb.h"
#include "wayleave/router/v1/router.pb.h"

namespace wayleave::deploy {

// The models that records show to have been served: what the providers are taken to offer when these are decided
// anew. At most 5,000 of a provider, as discovery has it.
class SeenModels {
 public:
  void Add(const auth::v1::Settlement& record);
  // Those of the providers named; the others don't exist for whoever decides.
  provider::v1::ListModelsResponse Offers(const std::vector<std::string>& providers) const;

 private:
  std::map<std::string, std::set<std::string>> models_;
};

// Recorded requests, decided anew, and what that would have changed. Not thread-safe.
class Replay {
 public:
  using Decide = std::function<Result<router::v1::RouteResponse>(const router::v1::RouteRequest& facts)>;

  // Requests that went one way and would go one way now.
  struct Move {
    std::int64_t requests = 0;
    std::int64_t recorded = 0;  // nano-USD, as charged
    std::int64_t then = 0;      // the recorded tokens at the new target's price
    std::int64_t unpriced = 0;  // requests whose new target has no price: not in `then`
  };
  using Moves = std::map<std::pair<std::string, std::string>, Move>;

  explicit Replay(Decide decide) : decide_(std::move(decide)) {}

  // Decides one recorded request as of the time at which it arrived.
  void Add(const auth::v1::Settlement& record);

  // By the target that served and the one that would; "(refused)" for no target.
  const Moves& moves() const { return moves_; }
  // Records without the facts of their decision, or with facts that can't be read.
  std::int64_t without_facts() const { return without_facts_; }
  // The sum of all moves.
  Move Total() const;

 private:
  const Decide decide_;
  Moves moves_;
  std::int64_t without_facts_ = 0;
};

// As a table with its totals in words, and as JSON.
std::string AsTable(const Replay& replay);
std::string AsJson(const Replay& replay);

}  // namespace wayleave::deploy
