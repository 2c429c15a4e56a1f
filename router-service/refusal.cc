#include "router-service/refusal.h"

#include <utility>
#include <vector>

#include "base/config/yaml.h"

namespace wayleave::router {
namespace {

constexpr std::size_t kMaxNames = 20;
constexpr std::size_t kMaxShown = 128;

// The name as the client gave it, cut to a length that fits into a message.
std::string Shown(const std::string& name) {
  if (name.size() <= kMaxShown) return "`" + name + "`";
  std::size_t end = kMaxShown;
  while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0) == 0x80) --end;  // no half characters
  return "`" + name.substr(0, end) + "…`";
}

std::vector<std::string> Names(const v1::RouteRequest& request, const Snapshot& snapshot) {
  std::vector<std::string> names;
  for (const Listed& listed : snapshot.catalogue()) {
    if (Sees(request.principal().policy(), listed)) names.push_back(listed.model.id());
  }
  return names;
}

// "You may use: a, b and 5 more."
std::string Choice(const std::vector<std::string>& names) {
  if (names.empty()) return "There is no model that you may use.";
  std::string out = "You may use: ";
  for (std::size_t i = 0; i < names.size() && i < kMaxNames; ++i) out += (i ? ", " : "") + names[i];
  if (names.size() > kMaxNames) out += " and " + std::to_string(names.size() - kMaxNames) + " more";
  return out + ". GET /v1/models lists them; `wayleave config print` shows how they are configured.";
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
  std::string allowed;
  for (const std::string& provider : request.principal().policy().providers()) {
    allowed += (allowed.empty() ? "" : ", ") + provider;
  }
  const std::string model = request.model().empty() ? "the default model" : Shown(request.model());
  return Error{Code::kPermissionDenied,
               "This key may use only the providers " + allowed + ", and none of them is a target for " + model + ".",
               "provider_not_allowed", std::nullopt};
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
