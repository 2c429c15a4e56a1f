#include "router-service/rules/rule.h"

namespace wayleave::router {

// A model that is configured nowhere, but that providers say they offer.
Answer DiscoveredModel(const Facts& facts, const Snapshot& snapshot) {
  if (facts.model.empty()) return Answer::PassedOver("the request names no model");
  const std::vector<std::string>* providers = snapshot.WhoOffers(facts.model);
  if (!providers) return Answer::PassedOver("no provider says that it offers this model");
  Answer answer;
  answer.reason = providers->front() + " offers the model `" + facts.model + "`";
  for (const std::string& provider : *providers) {
    answer.targets.push_back(snapshot.MakeTarget({provider, facts.model}, facts.model, "offers the model"));
  }
  return answer;
}

}  // namespace wayleave::router
