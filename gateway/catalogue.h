#pragma once

#include <optional>
#include <string>

#include "wayleave/router/v1/router.pb.h"

namespace wayleave::gateway {

// The model list as clients read it. All functions are pure.

// One document for both kinds of reader: OpenAI's {"object":"list","data":[…]} and Codex's {"models":[…]},
// whose entries must be complete, since Codex drops the whole list for one bad entry.
std::string RenderModels(const router::v1::ListModelsResponse& models);

// The same list as Anthropic's API shows it: one page, which is all there is.
std::string RenderMessagesModels(const router::v1::ListModelsResponse& models);

// OpenAI's or Anthropic's model object, for a model's id or alias; nothing if there is no such model.
std::optional<std::string> RenderModel(const router::v1::ListModelsResponse& models, std::string_view id);
std::optional<std::string> RenderMessagesModel(const router::v1::ListModelsResponse& models, std::string_view id);

// The entity tags of the two lists, quotes included, from the router's. Codex compares the first, byte for byte, with
// the header x-models-etag. They change also when a new version of the gateway shows the same models differently.
std::string ListEtag(std::string_view models_etag);
std::string MessagesListEtag(std::string_view models_etag);

}  // namespace wayleave::gateway
