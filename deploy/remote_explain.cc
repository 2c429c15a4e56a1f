#include "deploy/remote_explain.h"

#include <google/protobuf/util/time_util.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/async/worker.h"
#include "base/http/client.h"
#include "base/http/url.h"
#include "base/net/tls.h"
#include "deploy/facts.h"

namespace wayleave::deploy {
namespace {

using Json = nlohmann::json;

constexpr std::chrono::milliseconds kPatience{10'000};
constexpr std::size_t kMaxAnswer = std::size_t{4} << 20;

struct Answer {
  int status = 0;
  std::string body;
};

Task<void> Ask(const http::Url& url, const http::ClientHeaders& headers, const std::string& body,
               std::optional<Result<Answer>>& into) {
  std::optional<net::TlsContext> tls;
  if (url.tls) tls.emplace();
  const http::Origin origin{url.host, url.port, tls ? &*tls : nullptr};
  http::ConnectionPool pool;
  http::Exchange exchange(pool, origin, {kPatience, kPatience, kPatience, kPatience});
  const std::string target = url.path + "/v1/route/explain";
  const std::vector<std::string_view> parts{body};
  const http::ClientRequest request{"POST", target, &headers, &parts};
  auto head = co_await exchange.Send(request);
  if (!head) {
    into.emplace(head.error());
    co_return;
  }
  Answer answer{head->status, {}};
  while (answer.body.size() < kMaxAnswer) {
    const auto state = co_await exchange.ReadBody(answer.body);
    if (!state || *state == http::Exchange::Body::kEnd) break;
  }
  into.emplace(std::move(answer));
}

// The gateway's own words, if there are some.
std::string MessageIn(const Json& body) {
  const auto error = body.find("error");
  return error != body.end() && error->is_object() ? error->value("message", "") : "";
}

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
Result<router::v1::ExplainResponse> Read(const Answer& answer) {
  const Json body = Json::parse(answer.body, nullptr, false);
  const bool explains = body.is_object() && body.contains("steps");
  if (!explains) {
    std::string message = "the gateway answered with status " + std::to_string(answer.status);
    if (body.is_object()) message += ": " + MessageIn(body);
    return Error{Code::kUnknown, message};
  }
  router::v1::ExplainResponse explanation;
  if (answer.status == 200) {
    ReadDecision(body, *explanation.mutable_decision());
  } else {
    explanation.set_refusal(MessageIn(body));
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
  const Result<http::Url> place = http::ParseUrl(url);
  if (!place) return Error{Code::kInvalidArgument, "--url: " + place.error().message};
  http::ClientHeaders headers{{"Content-Type", "application/json"}, {"Accept", "application/json"}};
  if (!key.empty()) headers.emplace_back("Authorization", "Bearer " + key);
  const std::string body = Question(facts);
  std::optional<Result<Answer>> answer;
  {
    WorkerPool workers(1);
    RunOn(workers[0], [&] { return Ask(*place, headers, body, answer); });
  }
  if (!*answer) return answer->error();
  try {
    return Read(**answer);
  } catch (const Json::exception&) {
    return Error{Code::kInternal, "the answer of " + url + " is not one of a gateway"};
  }
}

}  // namespace wayleave::deploy
