#include "router-service/refusal.h"

#include <utility>
#include <vector>

#include "base/config/yaml.h"
#include "router-service/policy.h"

namespace wayleave::router {
namespace {

constexpr std::size_t kMaxNames = 20;
constexpr std::size_t kMaxShown = 128;
constexpr std::size_t kMaxTargets = 5;

// Cut to a length that fits into a message.
std::string Cut(const std::string& name) {
  if (name.size() <= kMaxShown) return name;
  std::size_t end = kMaxShown;
  while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0) == 0x80) --end;  // no half characters
  return name.substr(0, end) + "…";
}

// The name as the client gave it.
std::string Shown(const std::string& name) { return "`" + Cut(name) + "`"; }

std::string Wanted(const v1::RouteRequest& request) {
  return request.model().empty() ? "the default model" : Shown(request.model());
}

// "a, b and 5 more"; not more than `most` by their names.
std::string Some(const std::vector<std::string>& names, std::size_t most) {
  std::string out;
  for (std::size_t i = 0; i < names.size() && i < most; ++i) out += (i ? ", " : "") + names[i];
  if (names.size() > most) out += " and " + std::to_string(names.size() - most) + " more";
  return out;
}

std::vector<std::string> Names(const v1::RouteRequest& request, const Snapshot& snapshot) {
  std::vector<std::string> names;
  for (const Listed& listed : snapshot.catalogue()) {
    if (Sees(request.principal().policy(), listed, snapshot)) names.push_back(listed.model.id());
  }
  return names;
}

// "You may use: a, b and 5 more."
std::string Choice(const std::vector<std::string>& names) {
  if (names.empty()) return "There is no model that you may use.";
  return "You may use: " + Some(names, kMaxNames) +
         ". GET /v1/models lists them; `wayleave config print` shows how they are configured.";
}

Error NotFound(const v1::RouteRequest& request, const std::vector<std::string>& names) {
  std::string message = request.model().empty()
                            ? "The request names no model, and there is no default for it. "
                            : "The model " + Shown(request.model()) + " does not exist or you may not use it. ";
  const std::string nearest = config::Nearest(request.model(), names);
  if (!nearest.empty()) message += "Did you mean `" + nearest + "`? ";
  return Error{Code::kNotFound, message + Choice(names), "model_not_found", std::nullopt};
}

}  // namespace

std::string Listing(const std::vector<std::string>& names) {
  return names.empty() ? "none" : Some(names, kMaxNames);
}

Error ModelNotFound(const v1::RouteRequest& request, const Snapshot& snapshot) {
  return NotFound(request, Names(request, snapshot));
}

Error ModelsUnknown(const v1::RouteRequest& request) {
  return Error{Code::kUnavailable,
               "Whether there is a model " + Shown(request.model()) +
                   " is not known yet: the providers have not been asked for theirs. Please try again.",
               "models_unknown", std::chrono::seconds(1)};
}

Error ModelNotAllowed(const v1::RouteRequest& request, const Snapshot& snapshot) {
  const std::vector<std::string> names = Names(request, snapshot);
  if (names.empty()) return NotFound(request, names);
  const std::string model = request.model().empty() ? "default model" : "model " + Shown(request.model());
  return Error{Code::kPermissionDenied, "This key may not use the " + model + ". " + Choice(names),
               "model_not_allowed", std::nullopt};
}

Error ProviderNotAllowed(const v1::RouteRequest& request) {
  const std::string allowed = Listing(AllowedProviders(request.principal().policy()));
  return Error{Code::kPermissionDenied,
               "This key may use only the providers " + allowed + ", and none of them is a target for " +
                   Wanted(request) + ".",
               "provider_not_allowed", std::nullopt};
}

Error RegionNotAllowed(const v1::RouteRequest& request, const Snapshot& snapshot,
                       const std::vector<TargetName>& elsewhere) {
  std::vector<std::string> places;
  for (const TargetName& target : elsewhere) {
    const std::string& region = snapshot.RegionOf(target.provider);
    places.push_back(target.provider + "/" + Cut(target.model) + (region.empty() ? " in no region" : " in " + region));
  }
  const std::string allowed = Listing(AllowedRegions(request.principal().policy()));
  return Error{Code::kPermissionDenied,
               "This key may use only providers in the regions " + allowed + ", and no target for " + Wanted(request) +
                   " is there: " + Some(places, kMaxTargets) + ". Name a model that is served there; GET /v1/models lists those.",
               "region_not_allowed", std::nullopt};
}

Error ModelNotPriced(const std::vector<TargetName>& unpriced) {
  std::vector<std::string> names;
  for (const TargetName& target : unpriced) names.push_back(target.provider + "/" + Cut(target.model));
  return Error{Code::kPermissionDenied,
               "A budget applies to this key, so it may use only models with a price, and there is none for " +
                   Some(names, kMaxTargets) + ". The operator adds `prices: {\"" + names.front() +
                   "\": {input: ..., output: ...}}` (0 for a model that costs nothing), or lifts the budget.",
               "model_not_priced", std::nullopt};
}

Error WindowTooSmall(const v1::RouteRequest& request, std::int64_t largest) {
  return Error{Code::kInvalidArgument,
               "The request has about " + std::to_string(request.input_tokens()) +
                   " input tokens, more than the context window of any model that could serve it: the largest takes " +
                   std::to_string(largest) + ". Shorten the conversation, or name a model with a larger window.",
               "context_length_exceeded", std::nullopt};
}

Error NobodyAble(const v1::RouteRequest& request, const std::string& who) {
  std::string needs;
  if (request.needs().tools()) needs += ", tools";
  if (request.needs().images()) needs += ", images";
  if (request.needs().reasoning()) needs += ", reasoning";
  return Error{Code::kInvalidArgument,
               "The request needs " + (needs.empty() ? "more" : needs.substr(2)) +
                   ", and no model that could serve it is able: " + who + ". Name another model, or leave that out.",
               "invalid_prompt", std::nullopt};
}

}  // namespace wayleave::router
