#include "provider-service/dialect/ollama/models.h"

#include <algorithm>
#include <charconv>

#include "provider-service/dialect/json_access.h"

namespace wayleave::provider {
namespace {

bool Has(const Json& list, std::string_view word) {
  return std::any_of(list.begin(), list.end(), [&](const Json& one) { return TextOf(one) == word; });
}

// Servers of before 2025-04 tell no capabilities.
void ReadCapabilities(const Json& list, ListedModel& model) {
  if (!list.is_array() || list.empty()) return;
  model.facts.images = Has(list, "vision");
  model.facts.tools = Has(list, "tools");
  model.facts.reasoning = Has(list, "thinking");
  model.chats = Has(list, "completion");
}

// `llama.context_length`, or whatever the architecture is called.
std::int64_t ContextLength(const Json& info) {
  const Json& own = At(info, TextAt(info, "general.architecture") + ".context_length");
  if (own.is_number_integer()) return own.get<std::int64_t>();
  if (!info.is_object()) return 0;
  for (const auto& [key, value] : info.items()) {
    if (key.ends_with(".context_length") && value.is_number_integer()) return value.get<std::int64_t>();
  }
  return 0;
}

// The lines of a Modelfile's parameters: a name, spaces, a value.
std::int64_t Parameter(std::string_view lines, std::string_view name) {
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 1, lines.size()));
    const std::size_t value = line.find_first_not_of(' ', name.size());
    if (!line.starts_with(name) || value == std::string_view::npos || value == name.size()) continue;
    std::int64_t number = 0;
    if (std::from_chars(line.data() + value, line.data() + line.size(), number).ec == std::errc()) return number;
  }
  return 0;
}

}  // namespace

bool ReadOllamaTags(std::string_view json, std::vector<ListedModel>& into) {
  const Json list = Json::parse(json, nullptr, false);
  const Json& models = At(list, "models");
  if (!models.is_array()) return false;
  for (const Json& one : models) {
    ListedModel model;
    model.id = TextAt(one, "model").empty() ? TextAt(one, "name") : TextAt(one, "model");
    model.version = TextAt(one, "digest");
    if (model.id.empty()) continue;
    const Json& context = At(At(one, "details"), "context_length");
    if (context.is_number_integer()) model.facts.context_window = context.get<std::int64_t>();
    ReadCapabilities(At(one, "capabilities"), model);
    into.push_back(std::move(model));
  }
  return true;
}

bool ReadOllamaShow(std::string_view json, ListedModel& into) {
  const Json shown = Json::parse(json, nullptr, false);
  if (!shown.is_object() || shown.contains("error")) return false;
  ReadCapabilities(At(shown, "capabilities"), into);
  if (const std::int64_t length = ContextLength(At(shown, "model_info")); length > 0)
    into.facts.context_window = length;
  const std::int64_t set = Parameter(TextAt(shown, "parameters"), "num_ctx");
  if (set <= 0) return true;
  const std::int64_t length = into.facts.context_window;
  into.facts.context_window = length > 0 ? std::min(length, set) : set;
  into.facts.loaded_context = into.facts.context_window;
  return true;
}

}  // namespace wayleave::provider
