#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "provider-service/dialect/quirks.h"

namespace wayleave::provider {

// A model as its provider lists it.
struct ListedModel {
  std::string id;
  // Changes when the model does; empty if the provider does not tell.
  std::string version;
  ModelFacts facts;
  // False for one that only makes embeddings or images.
  bool chats = true;
};

// The answer of GET …/models: OpenAI's list, with the context windows that vLLM and others add. False if it is none.
bool ReadOpenAiModels(std::string_view json, std::vector<ListedModel>& into);

}  // namespace wayleave::provider
