#include "router-service/rules/rule.h"

namespace wayleave::router {

void Note(std::vector<v1::Step>* steps, std::string rule, bool decided, std::string reason) {
  if (!steps) return;
  v1::Step& step = steps->emplace_back();
  step.set_rule(std::move(rule));
  step.set_decided(decided);
  step.set_reason(std::move(reason));
}

const std::string& Wanted(const Facts& facts, const Snapshot& snapshot) {
  return facts.model.empty() ? snapshot.config().default_model : facts.model;
}

Answer Serve(const ModelConfig& model, const std::string& requested, std::string reason, const Snapshot& snapshot) {
  Answer answer;
  answer.reason = std::move(reason);
  answer.model = &model;
  answer.prefer = model.prefer;
  answer.targets.reserve(model.targets.size());
  for (const TargetName& target : model.targets) {
    const bool first = answer.targets.empty();
    answer.targets.push_back(
        snapshot.MakeTarget(target, requested, first ? "listed first for the model" : "listed next for the model"));
  }
  return answer;
}

}  // namespace wayleave::router
