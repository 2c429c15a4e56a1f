#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/config/yaml.h"
#include "base/result.h"
#include "provider-service/dialect/models.h"
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
  // The media type to ask for; empty: events or JSON, as `events` says.
  std::string accept;
  std::unique_ptr<Reply> reply;
  // Adds to a failure what this kind of provider leaves out of its texts.
  void (*explain)(Failure& failure, const std::string& model) = nullptr;
  // The context that the model is asked to have, where that is ours to say; 0 otherwise. A prompt that does not fit
  // may be tried again with more.
  std::int64_t context_tokens = 0;
  // See Translation.
  std::vector<std::string> dropped;
  // Not empty: there is no upstream, and these are the pieces of its answer.
  std::vector<std::string> script;
};

// What an adapter is made from.
struct AdapterConfig {
  Dialect dialect = Dialect::kChat;
  Quirks quirks;
  // Azure: the version of the API, and its names for the models.
  std::string api_version;
  std::map<std::string, std::string> deployments;

  bool operator==(const AdapterConfig&) const = default;
};

// A question about models.
struct ModelsQuestion {
  std::string path;  // below the provider's base URL
  std::string body;  // posted; empty: a GET
};

// What an adapter makes a call from. The request must outlive the call.
struct Ask {
  const v1::GenerateRequest& request;
  std::int64_t now = 0;  // Unix seconds, for created_at
  ModelFacts facts{};    // of the model that the request names
  // The model's name for the provider, where it is not the request's.
  std::string model{};

  const std::string& upstream_model() const { return model.empty() ? request.model() : model; }
};

// A kind of provider: which path, which body, which dialect. Pure: no sockets, no clock, no state, so that
// one adapter serves all workers at once.
class Adapter {
 public:
  virtual ~Adapter() = default;

  // kInvalidArgument for a body that can't be understood, kUnimplemented for a front door that this
  // provider has no dialect for.
  virtual Result<UpstreamCall> Prepare(const Ask& ask) const = 0;

  // Whether Prepare takes ENDPOINT_COUNT_TOKENS. For all others the tokens are estimated without asking anybody.
  virtual bool CountsTokens() const { return false; }
  // Whether ENDPOINT_MESSAGES may ask the upstream to hold the conversation.
  virtual bool HoldsThreads() const { return false; }

  // The models of a provider that has no upstream to ask; empty for all others.
  virtual std::vector<std::string> OwnModels() const { return {}; }

  // What shows that a provider with OwnModels() can be reached, where something does.
  virtual std::optional<ModelsQuestion> ReachQuestion() const { return std::nullopt; }

  // How the models are listed, and the answer read; false if it is none. By default OpenAI's GET …/models.
  virtual ModelsQuestion ListQuestion() const { return {"/models", {}}; }
  virtual bool ReadList(std::string_view answer, std::vector<ListedModel>& into) const {
    return ReadOpenAiModels(answer, into);
  }
  // Whether a request can't be written well without the facts of its model.
  virtual bool NeedsFacts() const { return false; }
  // How more is learned of a model than the list tells, where there is more.
  virtual std::optional<ModelsQuestion> QuestionAbout(const std::string& /*model*/) const { return std::nullopt; }
  virtual bool ReadAbout(std::string_view /*answer*/, ListedModel& /*into*/) const { return false; }
  // The name in the list of a model that goes by several.
  virtual std::string ListedName(const std::string& model) const { return model; }
};

// A row of the registry.
struct AdapterType {
  std::string name;              // as in the configuration's `type`
  std::string default_base_url;  // empty: must be configured
  std::string path_suffix;       // what the base URL's path must end with; added where missing
  std::vector<std::string> path_strips{};  // ends of the base URL's path that belong to the adapter's own paths
  std::vector<std::pair<std::string, std::string>> own_headers{};  // in every request, unless configured otherwise
  std::string api_key_header{};  // which header holds the key; empty: Authorization, as a bearer token
  // Which dialects the configuration may choose from, by their word there; empty for no choice.
  std::vector<std::pair<std::string, Dialect>> dialects{};
  bool has_upstream = true;
  AdapterConfig defaults;
  // Request headers that may go upstream unless the configuration says otherwise.
  std::vector<std::string> forward_headers;
  // Reads configuration that only this kind of provider has; `section` is the provider's.
  void (*read_own)(config::Section& section, AdapterConfig& config) = nullptr;
  std::unique_ptr<Adapter> (*make)(const AdapterConfig& config) = nullptr;
};

}  // namespace wayleave::provider
