#include "provider-service/dialect/hub/request.h"

#include <algorithm>
#include <array>
#include <utility>

namespace wayleave::provider {
namespace {

// Of all dialects together, by the names under which a door hands them on.
constexpr std::array<const char*, 14> kShaping = {
    "stop",  "seed",  "presence_penalty", "frequency_penalty", "temperature",  "top_p", "top_k",
    "min_p", "audio", "logit_bias",       "logprobs",          "top_logprobs", "prediction", "web_search_options"};

// Some clients write out what they don't want.
bool IsSet(const Json& value) { return !value.empty() && !(value.is_boolean() && !value.get<bool>()); }

}  // namespace

HubRequest ReadHubRequest(Json said) {
  HubRequest hub;
  hub.said = std::move(said);
  hub.tools = ReadTools(hub.said, hub.table, hub.dropped);
  hub.history = ReadHistory(hub.said, hub.table, hub.dropped);
  hub.choice = ReadToolChoice(At(hub.said, "tool_choice"), hub.table);
  return hub;
}

void DropFieldsBut(const std::vector<std::string_view>& carried, HubRequest& hub) {
  for (const char* name : kShaping) {
    const bool known = std::find(carried.begin(), carried.end(), name) != carried.end();
    if (!known && IsSet(At(hub.said, name))) hub.dropped.AddField(name);
  }
}

std::string EffortOf(const Json& said, const std::map<std::string, std::string>& words) {
  const std::string& wanted = TextAt(At(said, "reasoning"), "effort");
  const auto word = wanted.empty() ? words.end() : words.find(wanted);
  return word == words.end() ? wanted : word->second;
}

}  // namespace wayleave::provider
