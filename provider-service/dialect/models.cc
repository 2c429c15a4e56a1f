#include "provider-service/dialect/models.h"

#include "provider-service/dialect/json_access.h"

namespace wayleave::provider {
namespace {

std::int64_t ContextWindow(const Json& model) {
  for (const char* name : {"context_window", "max_model_len", "context_length"}) {
    const Json& tokens = At(model, name);
    if (tokens.is_number_integer()) return tokens.get<std::int64_t>();
  }
  return 0;
}

}  // namespace

bool ReadOpenAiModels(std::string_view json, std::vector<ListedModel>& into) {
  const Json list = Json::parse(json, nullptr, false);
  const Json& models = At(list, "data");
  if (!models.is_array()) return false;
  for (const Json& one : models) {
    if (TextAt(one, "id").empty()) continue;
    ListedModel& model = into.emplace_back();
    model.id = TextAt(one, "id");
    model.facts.context_window = ContextWindow(one);
  }
  return true;
}

}  // namespace wayleave::provider
