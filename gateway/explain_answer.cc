#include "gateway/explain_answer.h"

#include <nlohmann/json.hpp>

namespace wayleave::gateway {
namespace {

using Json = nlohmann::ordered_json;

std::string Dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

const char* Name(router::v1::Pick pick) {
  switch (pick) {
    case router::v1::PICK_WEIGHTED:
      return "weighted";
    case router::v1::PICK_LEAST_BUSY:
      return "least_busy";
    case router::v1::PICK_BOUNDED:
      return "bounded";
    default:
      return "as_listed";
  }
}

double Dollars(std::int64_t nano) { return static_cast<double>(nano) / 1e9; }

Json PriceOf(const router::v1::Target& target) {
  if (!target.has_price()) return nullptr;
  return {{"input", Dollars(target.price().input())},
          {"cached_input", Dollars(target.price().cached_input())},
          {"output", Dollars(target.price().output())},
          {"reasoning", Dollars(target.price().has_reasoning() ? target.price().reasoning() : target.price().output())},
          {"request", Dollars(target.price().request())},
          {"image", Dollars(target.price().image())}};
}

Json TargetsOf(const router::v1::RouteResponse& decision) {
  Json targets = Json::array();
  for (const router::v1::Target& target : decision.targets()) {
    targets.push_back({{"provider", target.provider()},
                       {"model", target.model()},
                       {"reason", target.reason()},
                       {"price", PriceOf(target)},
                       {"weight", target.weight() > 0 ? target.weight() : 1},
                       {"continues", target.continues()},
                       {"trial", target.trial()}});
  }
  return targets;
}

Json SetOf(const router::v1::Settings& set) {
  Json json = Json::object();
  if (!set.reasoning_effort().empty()) json["reasoning_effort"] = set.reasoning_effort();
  if (set.max_output_tokens() > 0) json["max_output_tokens"] = set.max_output_tokens();
  if (!set.service_tier().empty()) json["service_tier"] = set.service_tier();
  return json;
}

Json PassedOverOf(const router::v1::RouteResponse& decision) {
  Json list = Json::array();
  for (const router::v1::PassedOver& other : decision.passed_over()) {
    list.push_back({{"provider", other.provider()}, {"model", other.model()}, {"why", other.why()}});
  }
  return list;
}

Json StepsOf(const router::v1::ExplainResponse& explained) {
  Json steps = Json::array();
  for (const router::v1::Step& step : explained.steps()) {
    steps.push_back({{"rule", step.rule()}, {"decided", step.decided()}, {"reason", step.reason()}});
  }
  return steps;
}

}  // namespace

std::string RenderExplanation(const router::v1::RouteResponse& decision, const router::v1::ExplainResponse& explained) {
  return Dump({{"rule", decision.rule()},
               {"reason", decision.reason()},
               {"targets", TargetsOf(decision)},
               {"pick", Name(decision.pick())},
               {"set", SetOf(decision.set())},
               {"passed_over", PassedOverOf(decision)},
               {"steps", StepsOf(explained)}});
}

void AddSteps(const router::v1::ExplainResponse& explained, http::Response& refusal) {
  Json body = Json::parse(refusal.body, nullptr, false);
  if (!body.is_object()) return;
  body["steps"] = StepsOf(explained);
  refusal.body = Dump(body);
}

}  // namespace wayleave::gateway
