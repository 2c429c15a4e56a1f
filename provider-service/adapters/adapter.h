#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "provider-service/dialect/quirks.h"
#include "provider-service/dialect/reply.h"
#include "provider-service/dialect/splice.h"
#include "provider-service/dialect/translate.h"
#include "wayleave/provider/v1/provider.pb.h"

namespace wayleave::provider {

// What a generation says to its upstream, and how its answer is understood.
struct UpstreamCall {
  std::string path;   // below the provider's base URL
  SplicedBody body;   // may refer to the request's body, which must outlive it
  bool events = true; // whether a good answer is an event stream; otherwise one JSON document
  // Whether the reply can read a document as well where events were asked for: some servers know no streams.
  bool reads_documents = false;
  // Whether the upstream's own error bodies are in the dialect of the front door.
  bool same_dialect = true;
  std::unique_ptr<Reply> reply;
  // Not empty: there is no upstream, and these are the pieces of its answer.
  std::vector<std::string> script;
};

// What an adapter is made from.
struct AdapterConfig {
  Dialect dialect = Dialect::kChat;
  Quirks quirks;
};

// What an adapter makes a call from. The request must outlive the call.
struct Ask {
  const v1::GenerateRequest& request;
  std::int64_t now = 0;  // Unix seconds, for created_at
  ModelFacts facts{};    // of the model that the request names
};

// A kind of provider: which path, which body, which dialect. Pure: no sockets, no clock, no state, so that
// one adapter serves all workers at once.
class Adapter {
 public:
  virtual ~Adapter() = default;

  // kInvalidArgument for a body that can't be understood, kUnimplemented for a front door that this
  // provider has no dialect for.
  virtual Result<UpstreamCall> Prepare(const Ask& ask) const = 0;

  // The models of a provider that has no upstream to ask; empty for all others.
  virtual std::vector<std::string> OwnModels() const { return {}; }
};

// A row of the registry.
struct AdapterType {
  std::string name;              // as in the configuration's `type`
  std::string default_base_url;  // empty: must be configured
  std::string path_suffix;       // what the base URL's path must end with; added where missing
  // Which dialects the configuration may choose from, by their word there; empty for no choice.
  std::vector<std::pair<std::string, Dialect>> dialects{};
  bool has_upstream = true;
  AdapterConfig defaults;
  // Request headers that may go upstream unless the configuration says otherwise.
  std::vector<std::string> forward_headers;
  std::unique_ptr<Adapter> (*make)(const AdapterConfig& config) = nullptr;
};

}  // namespace wayleave::provider
