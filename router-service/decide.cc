#include "router-service/decide.h"

#include <algorithm>
#include <chrono>
#include <string>

#include "router-service/fitness.h"
#include "router-service/moment.h"
#include "router-service/permission.h"
#include "router-service/policy.h"
#include "router-service/refusal.h"
#include "router-service/rules/rule.h"

namespace wayleave::router {
namespace {

void NoteAnswer(std::vector<v1::Step>* steps, const Rule& rule, const Answer& answer) {
  if (!steps) return;
  if (answer.decided()) return Note(steps, rule.name, true, answer.reason);
  Note(steps, rule.name, false, answer.refusal ? "refused: " + answer.refusal->message : answer.why);
}

// "default" is nobody's name unless somebody took it, so it asks for the default like no name at all.
const std::string& NamedModel(const v1::RouteRequest& request, const Snapshot& snapshot) {
  static const std::string kNone;
  const std::string& model = request.model();
  if (model != "default" || snapshot.config().default_model.empty()) return model;
  return snapshot.FindModel(model) || snapshot.FindAlias(model) ? model : kNone;
}

// One decision after a rule has answered: its targets as candidates, of which each step takes some.
struct Choice {
  const Facts& facts;
  const Snapshot& snapshot;
  std::vector<Candidate> candidates = {};
  v1::RouteResponse response = {};
  int told = 0;  // of response.passed_over
};

// Tells whom the step `rule` has passed over.
void Tell(const char* rule, Choice& choice) {
  const PassedOver& over = choice.response.passed_over();
  for (; choice.facts.steps && choice.told < over.size(); ++choice.told) {
    const v1::PassedOver& one = over[choice.told];
    Note(choice.facts.steps, rule, false, one.provider() + "/" + one.model() + " is passed over: " + one.why());
  }
}

Status Checked(const char* rule, Status status, Choice& choice) {
  Tell(rule, choice);
  if (!status) Note(choice.facts.steps, rule, false, "refused: " + status.error().message);
  return status;
}

bool Contains(const std::vector<Candidate>& candidates, const v1::Target& target) {
  return std::any_of(candidates.begin(), candidates.end(), [&](const Candidate& other) {
    return other.target.provider() == target.provider() && other.target.model() == target.model();
  });
}

// The answer's targets, each once, with what they cost at the time of the decision.
void Gather(Answer& answer, Choice& choice) {
  choice.candidates.reserve(answer.targets.size());
  const auto at = TimeOf(choice.facts.request);
  for (v1::Target& target : answer.targets) {
    if (Contains(choice.candidates, target)) continue;
    const TargetConfig* facts = choice.snapshot.FindTarget(target.provider(), target.model());
    const v1::Price* price = choice.snapshot.PriceOf(target.provider(), target.model(), at);
    if (price) *target.mutable_price() = *price;
    choice.candidates.push_back({std::move(target), facts});
  }
}

void SetDuration(std::chrono::milliseconds time, google::protobuf::Duration& to) {
  to.set_seconds(time.count() / 1000);
  to.set_nanos(static_cast<int>(time.count() % 1000 * 1'000'000));
}

// What is the same for all decisions of a snapshot.
void AddTerms(const Snapshot& snapshot, v1::RouteResponse& response) {
  const RetryConfig& retry = snapshot.config().retry;
  response.mutable_retry()->set_attempts(retry.attempts);
  SetDuration(retry.base, *response.mutable_retry()->mutable_base());
  SetDuration(retry.most, *response.mutable_retry()->mutable_most());
  SetDuration(retry.most_retry_after, *response.mutable_retry()->mutable_most_retry_after());
  SetDuration(snapshot.config().max_age, *response.mutable_max_age());
  response.set_snapshot(snapshot.id());
  for (const std::string& header : snapshot.headers_looked_at()) response.add_headers_looked_at(header);
}

bool Sets(const v1::Settings* set) {
  return set && (!set->reasoning_effort().empty() || set->max_output_tokens() > 0 || !set->service_tier().empty());
}

void Respond(const Rule& rule, Answer answer, Choice& choice) {
  v1::RouteResponse& response = choice.response;
  response.set_rule(answer.rule.empty() ? rule.name : std::move(answer.rule));
  response.set_reason(std::move(answer.reason));
  for (Candidate& candidate : choice.candidates) response.mutable_targets()->Add(std::move(candidate.target));
  response.set_pick(EntryOf(answer.prefer).pick);
  if (Sets(answer.set)) *response.mutable_set() = *answer.set;
  AddTerms(choice.snapshot, response);
}

void TellOrder(Strategy strategy, const Choice& choice) {
  if (!choice.facts.steps) return;
  std::string words = std::string("by `") + EntryOf(strategy).name + "`:";
  for (const Candidate& candidate : choice.candidates) {
    const v1::Target& target = candidate.target;
    words += (&candidate == &choice.candidates.front() ? " " : ", ") + target.provider() + "/" + target.model();
    if (!target.reason().empty()) words += " (" + target.reason() + ")";
  }
  Note(choice.facts.steps, "order", true, std::move(words));
}

Result<v1::RouteResponse> Choose(const Facts& facts, const Rule& rule, Answer answer, const Snapshot& snapshot,
                                 const Health& health) {
  Choice choice{facts, snapshot};
  PassedOver& over = *choice.response.mutable_passed_over();
  Gather(answer, choice);
  Status good = Checked("policy", Permit(facts, answer, snapshot, choice.candidates, over), choice);
  if (good) good = Checked("price", Afford(facts.request, choice.candidates, over), choice);
  if (good) good = Checked("fitness", Fit(facts.request, snapshot, choice.candidates, over), choice);
  if (good) good = Checked("health", Screen(health, choice.candidates, over), choice);
  if (!good) return std::move(good).error();
  Order(answer.prefer, choice.candidates, facts.request, health);
  TellOrder(answer.prefer, choice);
  Respond(rule, std::move(answer), choice);
  return std::move(choice.response);
}

std::string Hex(std::uint64_t number) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string text(16, '0');
  for (int i = 15; i >= 0; --i, number >>= 4) text[static_cast<std::size_t>(i)] = kHex[number & 15];
  return text;
}

}  // namespace

Result<Decision> Decide(const v1::RouteRequest& request, const Snapshot& snapshot, std::vector<v1::Step>* steps,
                        const Health& health) {
  const Facts facts{request, NamedModel(request, snapshot), steps};
  const auto rules = Rules();
  for (std::size_t i = 0; i < rules.size(); ++i) {
    Answer answer = rules[i].apply(facts, snapshot);
    NoteAnswer(steps, rules[i], answer);
    if (answer.refusal) return *std::move(answer.refusal);
    if (!answer.decided()) continue;
    Result<v1::RouteResponse> response = Choose(facts, rules[i], std::move(answer), snapshot, health);
    if (!response) return std::move(response).error();
    return Decision{i, *std::move(response)};
  }
  return ModelNotFound(request, snapshot);
}

v1::ListModelsResponse VisibleModels(const auth::v1::Policy& policy, const Snapshot& snapshot) {
  v1::ListModelsResponse response;
  for (const Listed& listed : snapshot.catalogue()) {
    if (Sees(policy, listed, snapshot)) *response.add_models() = listed.model;
  }
  response.set_etag(ModelsEtag(policy, snapshot));
  return response;
}

std::string ModelsEtag(const auth::v1::Policy& policy, const Snapshot& snapshot) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const Listed& listed : snapshot.catalogue()) {
    if (!Sees(policy, listed, snapshot)) continue;
    for (int shift = 0; shift < 64; shift += 8) hash = (hash ^ (listed.digest >> shift & 0xff)) * 0x100000001b3;
  }
  return Hex(hash);
}

}  // namespace wayleave::router
