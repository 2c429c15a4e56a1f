#include "deploy/remote_explain.h"

#include <google/protobuf/util/time_util.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "deploy/facts.h"
#include "deploy/remote_server.h"

namespace wayleave::deploy {
namespace {

using Json = nlohmann::json;

void ReadTarget(const Json& json, router::v1::Target& target) {
  target.set_provider(json.value("provider", ""));
  target.set_model(json.value("model", ""));
  target.set_reason(json.value("reason", ""));
  target.set_weight(json.value("weight", 1.0));
  target.set_continues(json.value("continues", false));
  target.set_trial(json.value("trial", false));
  const auto price = json.find("price");
  if (price == json.end() || !price->is_object()) return;
  const auto nano = [&](const char* name) { return std::llround(price->value(name, 0.0) * 1e9); };
  target.mutable_price()->set_input(nano("input"));
  target.mutable_price()->set_cached_input(nano("cached_input"));
  target.mutable_price()->set_output(nano("output"));
  target.mutable_price()->set_reasoning(nano(price->contains("reasoning") ? "reasoning" : "output"));
  target.mutable_price()->set_request(nano("request"));
  target.mutable_price()->set_image(nano("image"));
}

router::v1::Pick PickOf(const std::string& word) {
  if (word == "weighted") return router::v1::PICK_WEIGHTED;
  if (word == "least_busy") return router::v1::PICK_LEAST_BUSY;
  return word == "bounded" ? router::v1::PICK_BOUNDED : router::v1::PICK_AS_LISTED;
}

void ReadDecision(const Json& json, router::v1::RouteResponse& decision) {
  decision.set_rule(json.value("rule", ""));
  decision.set_reason(json.value("reason", ""));
  for (const Json& target : json.value("targets", Json::array())) ReadTarget(target, *decision.add_targets());
  decision.set_pick(PickOf(json.value("pick", "")));
  const Json set = json.value("set", Json::object());
  decision.mutable_set()->set_reasoning_effort(set.value("reasoning_effort", ""));
  decision.mutable_set()->set_max_output_tokens(set.value("max_output_tokens", std::int64_t{0}));
  decision.mutable_set()->set_service_tier(set.value("service_tier", ""));
  for (const Json& other : json.value("passed_over", Json::array())) {
    router::v1::PassedOver& over = *decision.add_passed_over();
    over.set_provider(other.value("provider", ""));
    over.set_model(other.value("model", ""));
    over.set_why(other.value("why", ""));
  }
}

void ReadSteps(const Json& json, router::v1::ExplainResponse& explanation) {
  for (const Json& entry : json.value("steps", Json::array())) {
    router::v1::Step& step = *explanation.add_steps();
    step.set_rule(entry.value("rule", ""));
    step.set_decided(entry.value("decided", false));
    step.set_reason(entry.value("reason", ""));
  }
}

// A refusal has the status that the request itself would get, and steps.
Result<router::v1::ExplainResponse> Read(const RemoteAnswer& answer) {
  const Json body = Json::parse(answer.body, nullptr, false);
  const bool explains = body.is_object() && body.contains("steps");
  if (!explains) {
    std::string message = "the gateway answered with status " + std::to_string(answer.status);
    if (body.is_object()) message += ": " + MessageInBody(answer.body);
    return Error{Code::kUnknown, message};
  }
  router::v1::ExplainResponse explanation;
  if (answer.status == 200) {
    ReadDecision(body, *explanation.mutable_decision());
  } else {
    explanation.set_refusal(MessageInBody(answer.body));
  }
  ReadSteps(body, explanation);
  return explanation;
}

// What the door of the gateway takes; who asks, it knows by the key.
std::string Question(const router::v1::RouteRequest& facts) {
  Json body{{"model", facts.model()}, {"endpoint", WordFor(facts.endpoint())}, {"session", facts.session()}};
  body["headers"] = Json::object();
  for (const auto& [name, value] : facts.headers()) body["headers"][name] = value;
  if (facts.has_at()) body["at"] = google::protobuf::util::TimeUtil::ToString(facts.at());
  body["input_tokens"] = facts.input_tokens();
  body["max_output_tokens"] = facts.max_output_tokens();
  body["needs"] = Json::array();
  if (facts.needs().tools()) body["needs"].push_back("tools");
  if (facts.needs().images()) body["needs"].push_back("images");
  if (facts.needs().reasoning()) body["needs"].push_back("reasoning");
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

Result<router::v1::ExplainResponse> ExplainAt(const std::string& url, const std::string& key,
                                              const router::v1::RouteRequest& facts) {
  const auto server = RemoteServer::At(url, "--url", key);
  if (!server) return server.error();
  const auto answer = (*server)->Ask("POST", "/v1/route/explain", Question(facts));
  if (!answer) return answer.error();
  try {
    return Read(*answer);
  } catch (const Json::exception&) {
    return Error{Code::kInternal, "the answer of " + url + " is not one of a gateway"};
  }
}

}  // namespace wayleave::deploy
