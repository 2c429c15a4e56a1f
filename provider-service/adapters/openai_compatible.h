#pragma once

#include "provider-service/adapters/adapter.h"

namespace wayleave::provider {

// A server that speaks one of OpenAI's dialects. With `dialect: chat` Responses requests are translated;
// with `dialect: responses` there is no chat.
std::unique_ptr<Adapter> MakeOpenAiCompatible(const AdapterConfig& config);

}  // namespace wayleave::provider
