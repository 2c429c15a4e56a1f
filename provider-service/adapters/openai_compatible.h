#pragma once

#include "provider-service/adapters/adapter.h"

namespace wayleave::provider {

// A server that speaks one of OpenAI's dialects: requests of that dialect pass as bytes, all others are translated.
std::unique_ptr<Adapter> MakeOpenAiCompatible(const AdapterConfig& config);

}  // namespace wayleave::provider
