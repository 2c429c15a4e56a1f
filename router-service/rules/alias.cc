#include "router-service/rules/rule.h"

namespace wayleave::router {

// Another name of a configured model.
Answer Alias(const Facts& facts, const Snapshot& snapshot) {
  if (facts.model.empty()) return Answer::PassedOver("the request names no model");
  const ModelConfig* model = snapshot.FindAlias(facts.model);
  if (!model) return Answer::PassedOver("no configured model has this alias");
  // A target "*" takes the model's own name, not the alias, which the provider does not know.
  return Serve(*model, model->name, "`" + facts.model + "` is an alias of the model `" + model->name + "`", snapshot);
}

}  // namespace wayleave::router
