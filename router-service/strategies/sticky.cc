#include <cmath>

#include "router-service/hash.h"
#include "router-service/strategies/ranking.h"
#include "router-service/strategies/strategy.h"

namespace wayleave::router {
namespace {

// In (0, 1), the same for the same words in every replica.
double Fraction(const std::string& key, const v1::Target& target) {
  const std::uint64_t hash = Hash(key + '\n' + target.provider() + '/' + target.model());
  return (static_cast<double>(hash >> 11) + 0.5) / static_cast<double>(std::uint64_t{1} << 53);
}

}  // namespace

// Rendezvous hashing: each target gets a number from its name and the conversation's key, the smallest one wins. A
// conversation so keeps its target, whose prompt cache is warm for it, as long as the target is there; a new target
// takes its share from all the others, and nothing else moves. -ln(u) is distributed such that the shares are as the
// weights. The caller passes over a target that has much more than its share (PICK_BOUNDED).
void Sticky(std::vector<Candidate>& candidates, const v1::RouteRequest& request, const Health&) {
  const std::string& session = request.session();
  const std::string& key = session.empty() ? request.principal().key_id() : session;
  if (key.empty()) return;
  RankBy(candidates, [&](Candidate& candidate) {
    v1::Target& target = candidate.target;
    target.set_reason(session.empty() ? "the key's place, for there is no session" : "the session's place");
    const double weight = target.weight() > 0 ? target.weight() : 1;
    return -std::log(Fraction(key, target)) / weight;
  });
}

}  // namespace wayleave::router
