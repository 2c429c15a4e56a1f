#include <algorithm>

#include "router-service/glob.h"
#include "router-service/rules/rule.h"

namespace wayleave::router {
namespace {

bool HeadersFit(const RouteConfig& route, const v1::RouteRequest& request) {
  return std::all_of(route.headers.begin(), route.headers.end(), [&](const auto& wanted) {
    const auto header = request.headers().find(wanted.first);
    return header != request.headers().end() && GlobMatches(wanted.second, header->second);
  });
}

bool ModelFits(const RouteConfig& route, const std::string& model) {
  return route.models.empty() || std::any_of(route.models.begin(), route.models.end(), [&](const std::string& glob) {
           return GlobMatches(glob, model);
         });
}

// A target that takes the requested model needs a request that names one.
bool CanServe(const RouteConfig& route, const std::string& model) {
  return !model.empty() ||
         std::none_of(route.use.begin(), route.use.end(), [](const TargetName& t) { return t.model == "*"; });
}

}  // namespace

// The operator's list `routes`: the first entry whose conditions are all fulfilled.
Answer ConfiguredRoutes(const Facts& facts, const Snapshot& snapshot) {
  const std::string& model = Wanted(facts, snapshot);
  for (const RouteConfig& route : snapshot.config().routes) {
    if (!HeadersFit(route, facts.request) || !ModelFits(route, model) || !CanServe(route, model)) continue;
    Answer answer;
    for (const TargetName& target : route.use) {
      const bool first = answer.targets.empty();
      answer.targets.push_back(
          snapshot.MakeTarget(target, model, first ? "listed first for the route" : "listed next for the route"));
    }
    answer.rule = "route:" + route.name;
    answer.reason = route.reason.empty() ? "the route `" + route.name + "` fits" : route.reason;
    return answer;
  }
  return Answer::PassedOver("no route's conditions are fulfilled");
}

}  // namespace wayleave::router
