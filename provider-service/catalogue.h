#pragma once

#include <chrono>
#include <string>

#include "base/http/client.h"
#include "base/http/connection_pool.h"
#include "provider-service/provider.h"
#include "wayleave/provider/v1/provider.pb.h"

namespace wayleave::provider {

// Asks a provider for its models, within the time, and notes in its book what is learned. Without an answer `into`
// names the problem. The references must outlive the task.
Task<void> FetchModels(Provider& provider, http::ConnectionPool& pool, std::chrono::milliseconds time,
                       v1::ProviderModels& into);

// Asks a provider for a sign of life, within the time: for its list of models, which is not noted. `answered` says what
// happened; false if that is no life. The references must outlive the task.
Task<bool> AskForLife(Provider& provider, http::ConnectionPool& pool, std::chrono::milliseconds time,
                      std::string& answered);

// What is known of a model that is about to be asked. One that no list has named yet is asked about, over `exchange`,
// if its kind of provider can tell; no answer is no failure. Cancelling the exchange ends the task.
Task<ModelFacts> FetchFacts(Provider& provider, http::Exchange& exchange, const std::string& model);

}  // namespace wayleave::provider
