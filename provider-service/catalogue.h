#pragma once

#include <chrono>
#include <string_view>

#include "base/http/connection_pool.h"
#include "provider-service/provider.h"
#include "wayleave/provider/v1/provider.pb.h"

namespace wayleave::provider {

// Asks a provider for its models, within the time. Without an answer `into` names the problem. The
// references must outlive the task.
Task<void> FetchModels(Provider& provider, http::ConnectionPool& pool, std::chrono::milliseconds time,
                       v1::ProviderModels& into);

// Reads the answer of GET …/models: OpenAI's list, with the context windows that vLLM and others add.
// Pure. False if it is no such list.
bool ParseModels(std::string_view json, v1::ProviderModels& into);

}  // namespace wayleave::provider
