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

}  // namespace wayleave::provider
