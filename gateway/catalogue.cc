#include "gateway/catalogue.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <nlohmann/json.hpp>

#include "base/crypto/digest.h"
#include "base/crypto/encoding.h"
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

// The sub-agent tools cost 10 kB of every request: too dear for a small window.
std::string MultiAgent(const Model& model) {
  if (!model.multi_agent().empty()) return model.multi_agent();
  return model.context_window() > 0 && model.context_window() < kSmallWindow ? "disabled" : "";
}

Json CodexModel(const Model& model, const std::string& slug, int priority) {
  Json entry = {{"slug", slug},
                {"display_name", model.display_name().empty() ? model.id() : model.display_name()},
                {"description", model.description()},
                {"supported_reasoning_levels", ReasoningLevels(model)},
                {"shell_type", "unified_exec"},
                {"visibility", slug == model.id() ? "list" : "hide"},
                {"supported_in_api", true},
                {"priority", priority},
                {"support_verbosity", false},
                {"truncation_policy", {{"mode", "tokens"}, {"limit", 10000}}},
                {"experimental_supported_tools", Json::array()},
                {"base_instructions", kCodexInstructions},
                {"supports_search_tool", model.tool_search()},
                {"input_modalities", Modalities(model)}};
  if (model.apply_patch() != "none") entry["apply_patch_tool_type"] = "freeform";
  if (!model.default_reasoning_level().empty()) entry["default_reasoning_level"] = model.default_reasoning_level();
  if (model.context_window() > 0) entry["context_window"] = model.context_window();
  const std::string multi_agent = MultiAgent(model);
  if (!multi_agent.empty()) entry["multi_agent_version"] = multi_agent;
  return entry;
}

std::string Timestamp(std::int64_t seconds) {
  const auto time = static_cast<std::time_t>(seconds);
  std::tm utc{};
  gmtime_r(&time, &utc);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc)};
}

Json MessagesModel(const Model& model, std::string_view id) {
  return {{"type", "model"},
          {"id", id},
          {"display_name", model.display_name().empty() ? model.id() : model.display_name()},
          {"created_at", Timestamp(model.created_at().seconds())}};
}

bool Answers(const Model& model, std::string_view id) {
  return model.id() == id || std::find(model.aliases().begin(), model.aliases().end(), id) != model.aliases().end();
}

const Model* Find(const router::v1::ListModelsResponse& models, std::string_view id) {
  const auto found = std::find_if(models.models().begin(), models.models().end(),
                                  [id](const Model& model) { return Answers(model, id); });
  return found == models.models().end() ? nullptr : &*found;
}

// What all entries say alike, as a few digits: another text in another version of the gateway.
const std::string& Form() {
  static const std::string form = [] {
    router::v1::ListModelsResponse sample;
    sample.add_models();
    const crypto::Digest digest = crypto::Sha256(RenderModels(sample) + RenderMessagesModels(sample));
    return crypto::Hex(crypto::AsView(digest).substr(0, 4));
  }();
  return form;
}

}  // namespace

std::string RenderModels(const router::v1::ListModelsResponse& models) {
  Json data = Json::array();
  Json codex = Json::array();
  const auto add = [&](const Model& model, const std::string& slug) {
    if (model.no_conversations()) return;
    codex.push_back(CodexModel(model, slug, static_cast<int>(codex.size()) + 1));
  };
  for (const Model& model : models.models()) {
    data.push_back(OpenAiModel(model, model.id()));
    add(model, model.id());
  }
  // Not for the eye, but so that Codex knows what an alias stands for.
  for (const Model& model : models.models()) {
    for (const std::string& alias : model.aliases()) add(model, alias);
  }
  return Dump({{"object", "list"}, {"data", std::move(data)}, {"models", std::move(codex)}});
}

std::string RenderMessagesModels(const router::v1::ListModelsResponse& models) {
  Json data = Json::array();
  for (const Model& model : models.models()) {
    if (!model.no_conversations()) data.push_back(MessagesModel(model, model.id()));
  }
  const Json first = data.empty() ? Json(nullptr) : Json(data.front().at("id"));
  const Json last = data.empty() ? Json(nullptr) : Json(data.back().at("id"));
  return Dump({{"data", std::move(data)}, {"has_more", false}, {"first_id", first}, {"last_id", last}});
}

std::optional<std::string> RenderModel(const router::v1::ListModelsResponse& models, std::string_view id) {
  const Model* model = Find(models, id);
  if (!model) return std::nullopt;
  return Dump(OpenAiModel(*model, id));
}

std::optional<std::string> RenderMessagesModel(const router::v1::ListModelsResponse& models, std::string_view id) {
  const Model* model = Find(models, id);
  if (!model) return std::nullopt;
  return Dump(MessagesModel(*model, id));
}

std::string ListEtag(std::string_view models_etag) {
  return std::string("\"").append(models_etag).append("-").append(Form()).append("\"");
}

std::string MessagesListEtag(std::string_view models_etag) {
  return std::string("\"").append(models_etag).append("-").append(Form()).append("-messages\"");
}

}  // namespace wayleave::gateway
