#include "router-service/automatic.h"
#include "router-service/moment.h"
#include "router-service/rules/rule.h"

namespace wayleave::router {
namespace {

Answer FromConfigured(const ModelConfig& model, const Facts& facts, bool cheap, const Snapshot& snapshot) {
  const std::string why = cheap ? "the cheapest" : "the most accurate";
  Answer answer = Serve(model, model.name, "`" + facts.model + "` takes " + why + " of the model `auto`", snapshot);
  answer.prefer = cheap ? Strategy::kCheapest : Strategy::kAccuracy;
  return answer;
}

Answer FromAll(const Facts& facts, bool cheap, const Snapshot& snapshot) {
  const auto& targets = cheap ? snapshot.CheapestTargets(TimeOf(facts.request)) : snapshot.MostAccurateTargets();
  if (targets.empty()) return Answer::PassedOver("no model is known that could be chosen");
  Answer answer;
  answer.targets.reserve(targets.size());
  for (const TargetName& target : targets) {
    answer.targets.push_back(snapshot.MakeTarget(target, facts.model, "one of the models that are known"));
  }
  answer.reason = "`" + facts.model + "` takes " + (cheap ? "the cheapest" : "the most accurate") + " of the known models";
  answer.prefer = cheap ? Strategy::kCheapest : Strategy::kAccuracy;
  answer.listed = kAuto;
  return answer;
}

}  // namespace

// `auto`, `auto:accuracy` and `auto:cost`, where nothing else has that name: the targets of the configured model `auto`,
// or all that are known.
Answer Auto(const Facts& facts, const Snapshot& snapshot) {
  const bool cheap = facts.model == kAutoCost;
  const bool asked = cheap || facts.model == kAuto || facts.model == kAutoAccuracy;
  if (!asked) return Answer::PassedOver("the name is not auto, auto:accuracy or auto:cost");
  const ModelConfig* model = snapshot.FindModel(kAuto);
  if (!model) model = snapshot.FindAlias(kAuto);
  return model ? FromConfigured(*model, facts, cheap, snapshot) : FromAll(facts, cheap, snapshot);
}

}  // namespace wayleave::router
