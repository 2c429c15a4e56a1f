#pragma once

#include <optional>
#include <string>

#include "wayleave/router/v1/router.pb.h"

namespace wayleave::gateway {

// The model list as clients read it. All functions are pure.

// One document for both kinds of reader: OpenAI's {"object":"list","data":[…]} and Codex's {"models":[…]},
// whose entries must be complete, since Codex drops the whole list for one bad entry.
std::string RenderModels(const router::v1::ListModelsResponse& models);

// OpenAI's model object, for a model's id or alias; nothing if there is no such model.
std::optional<std::string> RenderModel(const router::v1::ListModelsResponse& models, std::string_view id);

}  // namespace wayleave::gateway
