#include "router-service/permission.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "router-service/policy.h"
#include "router-service/refusal.h"

namespace wayleave::router {
namespace {

using auth::v1::Policy;

// The name that was asked for, or any name of the model that it stands for, must be allowed.
bool PermitsModel(const Policy& policy, const std::string& wanted, const Answer& answer) {
  if (!LimitsModels(policy)) return true;
  std::vector<std::string_view> names = {wanted};
  if (!answer.listed.empty()) names.push_back(answer.listed);
  if (answer.model) {
    names.push_back(answer.model->name);
    names.insert(names.end(), answer.model->aliases.begin(), answer.model->aliases.end());
  }
  return AllowsModel(policy, names);
}

// Passes over those that `good` is not true of. Returns them.
template <class Predicate>
std::vector<TargetName> Sift(std::vector<Candidate>& candidates, Predicate good, const std::string& why,
                             PassedOver& passed_over) {
  std::vector<TargetName> out;
  std::erase_if(candidates, [&](const Candidate& candidate) {
    const v1::Target& target = candidate.target;
    if (good(target)) return false;
    PassOver(target, why, passed_over);
    out.push_back({target.provider(), target.model()});
    return true;
  });
  return out;
}

Status PermitRegions(const v1::RouteRequest& request, const Snapshot& snapshot, std::vector<Candidate>& candidates,
                     PassedOver& passed_over) {
  const Policy& policy = request.principal().policy();
  const auto allowed = [&](const v1::Target& target) {
    return AllowsRegion(policy, snapshot.RegionOf(target.provider()));
  };
  if (std::all_of(candidates.begin(), candidates.end(), [&](const auto& c) { return allowed(c.target); })) return {};
  const std::string why = "it is not in a region that the policy allows (" + Listing(AllowedRegions(policy)) + ")";
  const std::vector<TargetName> elsewhere = Sift(candidates, allowed, why, passed_over);
  if (candidates.empty()) return RegionNotAllowed(request, snapshot, elsewhere);
  return {};
}

}  // namespace

Status Permit(const Facts& facts, const Answer& answer, const Snapshot& snapshot, std::vector<Candidate>& candidates,
              PassedOver& passed_over) {
  const Policy& policy = facts.request.principal().policy();
  if (!PermitsModel(policy, Wanted(facts, snapshot), answer)) return ModelNotAllowed(facts.request, snapshot);
  const auto allowed = [&](const v1::Target& target) { return AllowsProvider(policy, target.provider()); };
  Sift(candidates, allowed, "the key's policy does not allow this provider", passed_over);
  if (candidates.empty()) return ProviderNotAllowed(facts.request);
  return PermitRegions(facts.request, snapshot, candidates, passed_over);
}

Status Afford(const v1::RouteRequest& request, std::vector<Candidate>& candidates, PassedOver& passed_over) {
  if (!request.principal().policy().priced_only()) return {};
  const auto priced = [](const v1::Target& target) { return target.has_price(); };
  const std::vector<TargetName> unpriced =
      Sift(candidates, priced, "it has no price, and a budget applies", passed_over);
  if (candidates.empty()) return ModelNotPriced(unpriced);
  return {};
}

}  // namespace wayleave::router
