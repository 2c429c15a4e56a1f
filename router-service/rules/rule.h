#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "router-service/snapshot.h"

namespace wayleave::router {

// What rules look at.
struct Facts {
  const v1::RouteRequest& request;
  // The model as named; empty if the request names none, or asks for "default" and nothing else is called so.
  const std::string& model;
  // Where each step is told in words; nullptr if nobody asks.
  std::vector<v1::Step>* steps = nullptr;
};

// Tells a step, if anybody asks.
void Note(std::vector<v1::Step>* steps, std::string rule, bool decided, std::string reason);

// What a rule says to a request: it decides, refuses, or passes it over to the next one.
struct Answer {
  // `why` is a literal; it completes "passed over: …".
  static Answer PassedOver(const char* why) { return Answer{.why = why}; }
  static Answer Refused(Error error) { return Answer{.refusal = std::move(error)}; }

  bool decided() const { return !targets.empty(); }

  const char* why = "";
  std::optional<Error> refusal;
  // A decision: targets, best first, and the reason as a sentence.
  std::vector<v1::Target> targets;
  std::string reason;
  // The configured model that the targets serve, or the name under which people see a discovered one: a policy
  // that allows these allows the request as well.
  const ModelConfig* model = nullptr;
  std::string listed;
  // In which order the targets are asked, and what is set in the request; nullptr for nothing.
  Strategy prefer = Strategy::kOrdered;
  const v1::Settings* set = nullptr;
  // The rule's name for the outside, where it is more exact than the kind's.
  std::string rule;
};

// One way to decide. A rule is a pure function in a file of its own, and one line in registry.cc.
struct Rule {
  const char* name;
  Answer (*apply)(const Facts& facts, const Snapshot& snapshot);
  // Whether it knows the targets of a model by the model's name alone, so that other rules may ask it.
  bool by_name;
};

// In the order in which they are asked.
std::span<const Rule> Rules();

// The first decision of the rules that go by the name; passed over if none decides.
Answer ByName(const Facts& facts, const Snapshot& snapshot);

// The model that is wanted: the one that is named, or the default; empty if there is neither.
const std::string& Wanted(const Facts& facts, const Snapshot& snapshot);

// The targets of a configured model, as the decision of a rule that found it.
Answer Serve(const ModelConfig& model, const std::string& requested, std::string reason, const Snapshot& snapshot);

}  // namespace wayleave::router
