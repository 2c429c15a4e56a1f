#include "provider-service/adapters/registry.h"

namespace wayleave::provider {

AdapterType OpenAi();
AdapterType OpenAiCompatible();
AdapterType Ollama();
AdapterType Azure();
AdapterType Anthropic();
AdapterType Demo();

const std::vector<AdapterType>& AdapterTypes() {
  static const std::vector<AdapterType> types{
      OpenAi(),
      OpenAiCompatible(),
      Ollama(),
      Azure(),
      Anthropic(),
      Demo(),
  };
  return types;
}

const AdapterType* FindAdapterType(const std::string& name) {
  for (const AdapterType& type : AdapterTypes()) {
    if (type.name == name) return &type;
  }
  return nullptr;
}

}  // namespace wayleave::provider
