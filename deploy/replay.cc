#include "deploy/replay.h"

#include "gateway/cost.h"

namespace wayleave::deploy {
namespace {

constexpr std::size_t kMaxModels = 5'000;
// A client may make up names of models, so the table has an end; what comes later is counted together.
constexpr std::size_t kMaxMoves = 10'000;

bool WasServed(const auth::v1::Settlement& record) {
  return record.outcome() == auth::v1::OUTCOME_COMPLETED || record.outcome() == auth::v1::OUTCOME_INCOMPLETE;
}

std::string NameOf(const std::string& provider, const std::string& model) {
  return provider.empty() ? "(none)" : provider + "/" + model;
}

}  // namespace

void SeenModels::Add(const auth::v1::Settlement& record) {
  if (!WasServed(record) || record.upstream_model().empty()) return;
  std::set<std::string>& models = models_[record.provider()];
  if (models.size() < kMaxModels) models.insert(record.upstream_model());
}

provider::v1::ListModelsResponse SeenModels::Offers(const std::vector<std::string>& providers) const {
  provider::v1::ListModelsResponse offers;
  for (const std::string& provider : providers) {
    const auto found = models_.find(provider);
    if (found == models_.end()) continue;
    auto& offer = *offers.add_providers();
    offer.set_provider(provider);
    for (const std::string& model : found->second) offer.add_models()->set_id(model);
  }
  return offers;
}

void Replay::Add(const auth::v1::Settlement& record) {
  router::v1::RouteRequest facts;
  if (record.route_facts().empty() || !facts.ParseFromString(record.route_facts())) {
    ++without_facts_;
    return;
  }
  if (!facts.has_at()) *facts.mutable_at() = record.started_at();
  const Result<router::v1::RouteResponse> decided = decide_(facts);
  const bool goes = decided && decided->targets_size() > 0;
  std::pair<std::string, std::string> key{
      NameOf(record.provider(), record.upstream_model()),
      goes ? NameOf(decided->targets(0).provider(), decided->targets(0).model()) : "(refused)"};
  if (moves_.size() >= kMaxMoves && !moves_.count(key)) key = {"(others)", "(others)"};
  Move& move = moves_[key];
  ++move.requests;
  move.recorded += record.cost_nano_usd();
  if (!goes) return;
  if (!decided->targets(0).has_price()) {
    ++move.unpriced;
  } else {
    move.then += gateway::CostOf(record.usage(), decided->targets(0).price(), record.images());
  }
}

Replay::Move Replay::Total() const {
  Move total;
  for (const auto& [key, move] : moves_) {
    total.requests += move.requests;
    total.recorded += move.recorded;
    total.then += move.then;
    total.unpriced += move.unpriced;
  }
  return total;
}

}  // namespace wayleave::deploy
