#include "provider-service/adapters/openai_compatible.h"

namespace wayleave::provider {

// Ollama over its OpenAI-compatible door.
AdapterType Ollama() {
  AdapterType type;
  type.name = "ollama";
  type.default_base_url = "http://127.0.0.1:11434";
  type.path_suffix = "/v1";
  // Its name for thoughts; gpt-oss needs those of the turn in progress between two tool calls.
  type.defaults.quirks.chat.reasoning_replay = ChatQuirks::ReasoningReplay::kReasoning;
  type.defaults.quirks.chat.replay_last_turn_only = true;
  type.make = MakeOpenAiCompatible;
  return type;
}

}  // namespace wayleave::provider
