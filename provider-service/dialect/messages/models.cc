#include "provider-service/dialect/messages/models.h"

#include <optional>

#include "provider-service/dialect/json_access.h"

namespace wayleave::provider {
namespace {

std::optional<bool> Supported(const Json& capabilities, std::string_view name) {
  const Json& supported = At(At(capabilities, name), "supported");
  return supported.is_boolean() ? std::optional(supported.get<bool>()) : std::nullopt;
}

}  // namespace

bool ReadMessagesModels(std::string_view json, std::vector<ListedModel>& into) {
  const Json list = Json::parse(json, nullptr, false);
  const Json& models = At(list, "data");
  if (!models.is_array()) return false;
  for (const Json& one : models) {
    if (TextAt(one, "id").empty() || TextAt(one, "lifecycle") == "retired") continue;
    ListedModel& model = into.emplace_back();
    model.id = TextAt(one, "id");
    const Json& window = At(one, "max_input_tokens");
    if (window.is_number_integer()) model.facts.context_window = window.get<std::int64_t>();
    model.facts.images = Supported(At(one, "capabilities"), "image_input");
    model.facts.reasoning = Supported(At(one, "capabilities"), "thinking");
    model.facts.tools = true;
  }
  return true;
}

}  // namespace wayleave::provider
