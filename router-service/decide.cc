#include "router-service/decide.h"

#include <algorithm>
#include <chrono>
#include <string>

#include "router-service/refusal.h"
#include "router-service/rules/rule.h"

namespace wayleave::router {
namespace {

constexpr char kPolicy[] = "policy";

void Note(std::vector<v1::Step>* steps, const char* rule, bool decided, const std::string& reason) {
  if (!steps) return;
  v1::Step step;
  step.set_rule(rule);
  step.set_decided(decided);
  step.set_reason(reason);
  steps->push_back(std::move(step));
}

void Note(std::vector<v1::Step>* steps, const Rule& rule, const Answer& answer) {
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

// The name that was asked for, or any name of the model that it stands for, must be allowed.
bool Permitted(const auth::v1::Policy& policy, const std::string& wanted, const Answer& answer) {
  if (policy.models().empty() || AllowsModel(policy, wanted)) return true;
  if (!answer.listed.empty() && AllowsModel(policy, answer.listed)) return true;
  if (!answer.model) return false;
  const auto& aliases = answer.model->aliases;
  return AllowsModel(policy, answer.model->name) ||
         std::any_of(aliases.begin(), aliases.end(),
                     [&](const std::string& alias) { return AllowsModel(policy, alias); });
}

// Takes from the answer what the policy forbids; an error if that leaves nothing.
Status Restrict(const Facts& facts, const Snapshot& snapshot, Answer& answer, std::vector<v1::Step>* steps) {
  const auth::v1::Policy& policy = facts.request.principal().policy();
  if (!Permitted(policy, Wanted(facts, snapshot), answer)) {
    Note(steps, kPolicy, false, "refused: the key's policy does not allow the model");
    return ModelNotAllowed(facts.request, snapshot);
  }
  const std::size_t before = answer.targets.size();
  std::erase_if(answer.targets, [&](const v1::Target& target) { return !AllowsProvider(policy, target.provider()); });
  if (answer.targets.size() < before) {
    Note(steps, kPolicy, false,
         "the key's policy leaves " + std::to_string(answer.targets.size()) + " of " + std::to_string(before) +
             " targets");
  }
  if (answer.targets.empty()) return ProviderNotAllowed(facts.request);
  return {};
}

bool Contains(const google::protobuf::RepeatedPtrField<v1::Target>& targets, const v1::Target& target) {
  return std::any_of(targets.begin(), targets.end(), [&](const v1::Target& other) {
    return other.provider() == target.provider() && other.model() == target.model();
  });
}

v1::RouteResponse Respond(const Rule& rule, Answer answer, const Snapshot& snapshot) {
  v1::RouteResponse response;
  response.set_rule(answer.rule.empty() ? rule.name : std::move(answer.rule));
  response.set_reason(std::move(answer.reason));
  for (v1::Target& target : answer.targets) {
    if (!Contains(response.targets(), target)) response.mutable_targets()->Add(std::move(target));
  }
  const auto max_age = snapshot.config().max_age;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(max_age);
  response.mutable_max_age()->set_seconds(seconds.count());
  response.mutable_max_age()->set_nanos(static_cast<int>(std::chrono::nanoseconds(max_age - seconds).count()));
  response.set_snapshot(snapshot.id());
  return response;
}

std::string Hex(std::uint64_t number) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string text(16, '0');
  for (int i = 15; i >= 0; --i, number >>= 4) text[static_cast<std::size_t>(i)] = kHex[number & 15];
  return text;
}

}  // namespace

Result<Decision> Decide(const v1::RouteRequest& request, const Snapshot& snapshot, std::vector<v1::Step>* steps) {
  const Facts facts{request, NamedModel(request, snapshot)};
  const auto rules = Rules();
  for (std::size_t i = 0; i < rules.size(); ++i) {
    Answer answer = rules[i].apply(facts, snapshot);
    Note(steps, rules[i], answer);
    if (answer.refusal) return *std::move(answer.refusal);
    if (!answer.decided()) continue;
    Status allowed = Restrict(facts, snapshot, answer, steps);
    if (!allowed) return std::move(allowed).error();
    return Decision{i, Respond(rules[i], std::move(answer), snapshot)};
  }
  return ModelNotFound(request, snapshot);
}

v1::ListModelsResponse VisibleModels(const auth::v1::Policy& policy, const Snapshot& snapshot) {
  v1::ListModelsResponse response;
  for (const Listed& listed : snapshot.catalogue()) {
    if (Sees(policy, listed)) *response.add_models() = listed.model;
  }
  response.set_etag(ModelsEtag(policy, snapshot));
  return response;
}

std::string ModelsEtag(const auth::v1::Policy& policy, const Snapshot& snapshot) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const Listed& listed : snapshot.catalogue()) {
    if (!Sees(policy, listed)) continue;
    for (int shift = 0; shift < 64; shift += 8) hash = (hash ^ (listed.digest >> shift & 0xff)) * 0x100000001b3;
  }
  return Hex(hash);
}

}  // namespace wayleave::router
