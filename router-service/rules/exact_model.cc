#include "router-service/rules/rule.h"

namespace wayleave::router {

// A name that stands so in `models`.
Answer ExactModel(const Facts& facts, const Snapshot& snapshot) {
  if (facts.model.empty()) return Answer::PassedOver("the request names no model");
  const ModelConfig* model = snapshot.FindModel(facts.model);
  if (!model) return Answer::PassedOver("no configured model has this name");
  return Serve(*model, facts.model, "the model `" + model->name + "` is configured", snapshot);
}

}  // namespace wayleave::router
