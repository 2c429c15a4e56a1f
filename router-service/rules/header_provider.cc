#include <algorithm>

#include "router-service/policy.h"
#include "router-service/rules/rule.h"

namespace wayleave::router {
namespace {

constexpr std::size_t kMaxShown = 64;

Error UnknownProvider(const Facts& facts, const Snapshot& snapshot, const std::string& name) {
  std::string known;
  for (const std::string& provider : snapshot.providers()) {
    if (!AllowsPlace(facts.request.principal().policy(), provider, snapshot)) continue;
    known += (known.empty() ? "" : ", ") + provider;
  }
  const std::string shown = name.size() > kMaxShown ? "" : " `" + name + "`";
  return Error{Code::kInvalidArgument,
               "The provider" + shown + " in the header x-provider is not known; " +
                   (known.empty() ? "there is none that you may use." : "known are: " + known + "."),
               "unknown_provider", std::nullopt};
}

}  // namespace

// The header x-provider keeps a request at one provider: with the targets that the model has there, else with
// the model's name as it stands.
Answer HeaderProvider(const Facts& facts, const Snapshot& snapshot) {
  const auto& headers = facts.request.headers();
  const auto header = headers.find("x-provider");
  if (header == headers.end() || header->second.empty()) return Answer::PassedOver("there is no header x-provider");
  const std::string& provider = header->second;
  if (!snapshot.HasProvider(provider)) return Answer::Refused(UnknownProvider(facts, snapshot, provider));
  const std::string& model = Wanted(facts, snapshot);
  if (model.empty()) return Answer::PassedOver("the request names no model for the provider");

  Answer answer = ByName(Facts{facts.request, model}, snapshot);
  std::erase_if(answer.targets, [&](const v1::Target& target) { return target.provider() != provider; });
  if (!answer.decided()) {
    answer = Answer{};
    answer.targets.push_back(snapshot.MakeTarget({provider, "*"}, model, "the header asks for this provider"));
    answer.listed = snapshot.ListedName(provider, answer.targets.front().model());
  }
  answer.reason = "the header x-provider asks for " + provider;
  return answer;
}

}  // namespace wayleave::router
