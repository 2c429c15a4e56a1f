#include "router-service/description.h"

namespace wayleave::router {
namespace {

void DescribeReasoning(const ModelConfig& config, const provider::v1::UpstreamModel& upstream, v1::Model& model) {
  for (const std::string& level : config.reasoning_levels) model.add_reasoning_levels(level);
  model.set_default_reasoning_level(config.default_reasoning_level);
  if (!config.reasoning_levels.empty() || !upstream.reasoning()) return;
  // The efforts that every dialect can express.
  for (const char* level : {"low", "medium", "high"}) model.add_reasoning_levels(level);
  model.set_default_reasoning_level("medium");
}

// A model that calls no tools is not offered any that can be left out.
void DescribeTools(const ModelConfig& config, const provider::v1::UpstreamModel& upstream, v1::Model& model) {
  const bool calls = !upstream.has_tools() || upstream.tools();
  const char* patch = calls ? "freeform" : "none";
  model.set_apply_patch(config.apply_patch.empty() ? patch : config.apply_patch);
  model.set_tool_search(config.tool_search);
  model.set_multi_agent(config.multi_agent.empty() && !calls ? "disabled" : config.multi_agent);
}

}  // namespace

void Describe(const ModelConfig* config, const provider::v1::UpstreamModel* upstream, v1::Model& model) {
  static const ModelConfig kSilent;
  const ModelConfig& said = config ? *config : kSilent;
  const auto& told = upstream ? *upstream : provider::v1::UpstreamModel::default_instance();
  model.set_display_name(said.display_name);
  model.set_description(said.description);
  model.set_context_window(said.context_window > 0 ? said.context_window : told.context_window());
  model.set_images(said.images.value_or(told.images()));
  model.set_no_conversations(told.has_chats() && !told.chats());
  DescribeReasoning(said, told, model);
  DescribeTools(said, told, model);
}

}  // namespace wayleave::router
