#include <algorithm>

#include "router-service/automatic.h"
#include "router-service/conditions/inquiry.h"
#include "router-service/rules/rule.h"

namespace wayleave::router {
namespace {

bool Holds(const RouteConfig& route, const Inquiry& inquiry) {
  for (const auto& condition : route.when) {
    if (!condition->Holds(inquiry)) return false;
  }
  return true;
}

// Each condition that does not hold, in words.
std::string WhyNot(const RouteConfig& route, const Inquiry& inquiry) {
  std::string words;
  for (const auto& condition : route.when) {
    if (condition->Holds(inquiry)) continue;
    words += (words.empty() ? "wants " : "; wants ") + condition->Wants() + ", but " + condition->Found(inquiry);
  }
  return words;
}

std::string WhatHolds(const RouteConfig& route) {
  std::string words;
  for (const auto& condition : route.when) words += (words.empty() ? "" : "; ") + condition->Wants();
  return words.empty() ? "it has no conditions" : "it wants " + words;
}

// The provider's models, of which any will do; those that hold no conversations only where none is held.
void AddAny(const TargetName& target, const v1::RouteRequest& request, const Snapshot& snapshot, Answer& answer) {
  const bool conversation = request.endpoint() != provider::v1::ENDPOINT_EMBEDDINGS;
  std::size_t added = 0;
  for (const auto& told : snapshot.OfferedBy(target.provider)) {
    if (conversation && told.has_chats() && !told.chats()) continue;
    if (++added > kMostAutomatic) return;
    answer.targets.push_back(
        snapshot.MakeTarget({target.provider, told.id()}, "", "any model of " + target.provider + " will do"));
  }
}

// "ollama/*" is the requested model; any of the provider's if it is known not to have that one.
void AddTarget(const TargetName& target, const std::string& model, const v1::RouteRequest& request,
               const Snapshot& snapshot, Answer& answer) {
  const char* place = answer.targets.empty() ? "listed first for the route" : "listed next for the route";
  v1::Target named = snapshot.MakeTarget(target, model, place);
  const bool any = target.model == "*" && (model.empty() || !snapshot.OfferedBy(target.provider).empty()) &&
                   !snapshot.Offers(target.provider, named.model());
  if (any) return AddAny(target, request, snapshot, answer);
  answer.targets.push_back(std::move(named));
}

Answer Follow(const RouteConfig& route, const std::string& model, const Facts& facts, const Snapshot& snapshot) {
  Answer answer;
  answer.rule = "route:" + route.name;
  if (!route.deny.empty()) {
    answer.refusal = Error{Code::kPermissionDenied, route.deny, "denied_by_rule", std::nullopt};
    return answer;
  }
  for (const TargetName& target : route.use) AddTarget(target, model, facts.request, snapshot, answer);
  answer.reason = route.reason.empty() ? "the route `" + route.name + "` fits" : route.reason;
  answer.prefer = route.prefer;
  answer.set = &route.set;
  return answer;
}

// Whether the route answers; `answer` is untouched if not.
bool Try(const RouteConfig& route, const Inquiry& inquiry, const Facts& facts, const Snapshot& snapshot, Answer& into) {
  if (!Holds(route, inquiry)) {
    if (facts.steps) Note(facts.steps, "route:" + route.name, false, WhyNot(route, inquiry));
    return false;
  }
  Answer answer = Follow(route, inquiry.model(), facts, snapshot);
  const bool answers = answer.decided() || answer.refusal;
  if (facts.steps) {
    const char* lack = "the request names no model, and the route none of its own";
    Note(facts.steps, answer.rule, answers, answers ? WhatHolds(route) : lack);
  }
  if (answers) into = std::move(answer);
  return answers;
}

}  // namespace

// The operator's list `routes`: the first entry whose conditions are all fulfilled.
Answer ConfiguredRoutes(const Facts& facts, const Snapshot& snapshot) {
  const auto& routes = snapshot.config().routes;
  if (routes.empty()) return Answer::PassedOver("no routes are configured");
  const std::string& model = Wanted(facts, snapshot);
  const Inquiry inquiry(facts.request, model, snapshot);
  Answer answer = Answer::PassedOver("no route's conditions are fulfilled");
  // Whoever wants to know why hears of each.
  if (!facts.steps && snapshot.route_index().worthwhile()) {
    for (const std::uint32_t place : snapshot.route_index().MayFit(MarksOf(facts.request, model))) {
      if (Try(routes[place], inquiry, facts, snapshot, answer)) return answer;
    }
    return answer;
  }
  for (const RouteConfig& route : routes) {
    if (Try(route, inquiry, facts, snapshot, answer)) return answer;
  }
  return answer;
}

}  // namespace wayleave::router
