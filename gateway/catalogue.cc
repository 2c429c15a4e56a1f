#include "gateway/catalogue.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "gateway/codex_instructions.h"

namespace wayleave::gateway {
namespace {

using Json = nlohmann::ordered_json;
using router::v1::Model;

constexpr std::int64_t kSmallWindow = 65536;

std::string Dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json OpenAiModel(const Model& model, std::string_view id) {
  return {{"id", id}, {"object", "model"}, {"created", model.created_at().seconds()}, {"owned_by", model.owned_by()}};
}

Json ReasoningLevels(const Model& model) {
  Json levels = Json::array();
  for (const std::string& level : model.reasoning_levels()) {
    levels.push_back({{"effort", level}, {"description", "Reasoning effort " + level}});
  }
  return levels;
}

Json Modalities(const Model& model) { return model.images() ? Json{"text", "image"} : Json{"text"}; }

Json CodexModel(const Model& model, int priority) {
  Json entry = {{"slug", model.id()},
                {"display_name", model.display_name().empty() ? model.id() : model.display_name()},
                {"description", model.description()},
                {"supported_reasoning_levels", ReasoningLevels(model)},
                {"shell_type", "unified_exec"},
                {"visibility", "list"},
                {"supported_in_api", true},
                {"priority", priority},
                {"support_verbosity", false},
                {"truncation_policy", {{"mode", "tokens"}, {"limit", 10000}}},
                {"experimental_supported_tools", Json::array()},
                {"base_instructions", kCodexInstructions},
                {"apply_patch_tool_type", "freeform"},
                {"input_modalities", Modalities(model)}};
  if (!model.default_reasoning_level().empty()) entry["default_reasoning_level"] = model.default_reasoning_level();
  if (model.context_window() > 0) entry["context_window"] = model.context_window();
  // The sub-agent tools cost 10 kB of every request: too dear for a small window.
  if (model.context_window() > 0 && model.context_window() < kSmallWindow) entry["multi_agent_version"] = "disabled";
  return entry;
}

bool Answers(const Model& model, std::string_view id) {
  return model.id() == id || std::find(model.aliases().begin(), model.aliases().end(), id) != model.aliases().end();
}

}  // namespace

std::string RenderModels(const router::v1::ListModelsResponse& models) {
  Json data = Json::array();
  Json codex = Json::array();
  for (const Model& model : models.models()) {
    data.push_back(OpenAiModel(model, model.id()));
    codex.push_back(CodexModel(model, static_cast<int>(codex.size()) + 1));
  }
  return Dump({{"object", "list"}, {"data", std::move(data)}, {"models", std::move(codex)}});
}

std::optional<std::string> RenderModel(const router::v1::ListModelsResponse& models, std::string_view id) {
  for (const Model& model : models.models()) {
    if (Answers(model, id)) return Dump(OpenAiModel(model, id));
  }
  return std::nullopt;
}

}  // namespace wayleave::gateway
