#include "provider-service/dialect/hub/request.h"

#include <utility>

namespace wayleave::provider {

HubRequest ReadHubRequest(Json said) {
  HubRequest hub;
  hub.said = std::move(said);
  hub.tools = ReadTools(hub.said, hub.table, hub.dropped);
  hub.history = ReadHistory(hub.said, hub.table, hub.dropped);
  hub.choice = ReadToolChoice(At(hub.said, "tool_choice"), hub.table);
  return hub;
}

std::string EffortOf(const Json& said, const std::map<std::string, std::string>& words) {
  const std::string& wanted = TextAt(At(said, "reasoning"), "effort");
  const auto word = wanted.empty() ? words.end() : words.find(wanted);
  return word == words.end() ? wanted : word->second;
}

}  // namespace wayleave::provider
