#include "router-service/rules/rule.h"

namespace wayleave::router {

// "ollama/qwen3:8b": a provider and its own name for the model, known to us or not.
Answer ProviderPrefix(const Facts& facts, const Snapshot& snapshot) {
  TargetName target;
  if (!snapshot.SplitPrefix(facts.model, target)) {
    return Answer::PassedOver("the name does not begin with a provider's name and a slash");
  }
  // Some models have a slash in their own names, "openai/gpt-oss-20b": who offers one is preferred to a guess.
  if (snapshot.WhoOffers(facts.model) && !snapshot.Offers(target.provider, target.model)) {
    return Answer::PassedOver("a provider offers a model whose whole name this is");
  }
  Answer answer;
  answer.reason = "the name begins with the provider " + target.provider;
  answer.listed = snapshot.ListedName(target.provider, target.model);
  answer.targets.push_back(snapshot.MakeTarget(target, facts.model, "named by the request"));
  return answer;
}

}  // namespace wayleave::router
