#include "router-service/rules/rule.h"

namespace wayleave::router {

// What serves requests that name no model.
Answer DefaultModel(const Facts& facts, const Snapshot& snapshot) {
  if (!facts.model.empty()) return Answer::PassedOver("the request names a model");
  const std::string& model = snapshot.config().default_model;
  if (model.empty()) return Answer::PassedOver("no default_model is configured");
  Answer answer = ByName(Facts{facts.request, model}, snapshot);
  if (!answer.decided()) return Answer::PassedOver("nothing serves the default_model now");
  answer.reason = "the request names no model, and `" + model + "` is the default";
  return answer;
}

}  // namespace wayleave::router
