#include "router-service/rules/rule.h"

namespace wayleave::router {

// A name with * in `models`; where several fit, the one with the longest text before its first *.
Answer Glob(const Facts& facts, const Snapshot& snapshot) {
  if (facts.model.empty()) return Answer::PassedOver("the request names no model");
  const ModelConfig* model = snapshot.FindGlob(facts.model);
  if (!model) return Answer::PassedOver("no configured name with * fits");
  Answer answer = Serve(*model, facts.model, "the name fits `" + model->name + "`", snapshot);
  answer.model = nullptr;  // a policy allows what was asked for, not the pattern
  return answer;
}

}  // namespace wayleave::router
