#include "provider-service/adapters/calls.h"

namespace wayleave::provider {
namespace {

// OpenAI's models at Azure. The API of today ("v1") is OpenAI's own below another path; with a dated `api_version` the
// deployment stands in the path instead of the body's model.
class AzureAdapter : public Adapter {
 public:
  explicit AzureAdapter(const AdapterConfig& config) : config_(config) {}

  Result<UpstreamCall> Prepare(const Ask& ask) const override;

  // Azure lists what could be deployed, not what is.
  std::vector<std::string> OwnModels() const override {
    std::vector<std::string> models;
    for (const auto& [model, deployment] : config_.deployments) models.push_back(model);
    return models;
  }
  // The list costs nothing and wants the same key.
  std::optional<ModelsQuestion> ReachQuestion() const override { return ModelsQuestion{PathOf("/models", {}), {}}; }

 private:
  Result<UpstreamCall> Call(const Ask& ask) const;
  Result<UpstreamCall> Chat(const Ask& ask, bool through) const;
  std::string PathOf(const std::string& path, const std::string& deployment) const;

  const AdapterConfig config_;
};

bool IsDated(const std::string& version) { return !version.empty() && version != "v1" && version != "preview"; }

Result<UpstreamCall> AzureAdapter::Prepare(const Ask& ask) const {
  const auto found = config_.deployments.find(ask.request.model());
  const std::string& deployment = found == config_.deployments.end() ? ask.request.model() : found->second;
  Ask named = ask;
  named.model = deployment;
  Result<UpstreamCall> call = Call(named);
  if (call) call->path = PathOf(call->path, deployment);
  return call;
}

Result<UpstreamCall> AzureAdapter::Call(const Ask& ask) const {
  const v1::Endpoint endpoint = ask.request.endpoint();
  if (endpoint == v1::ENDPOINT_EMBEDDINGS) return EmbeddingsThrough(ask);
  const bool through = config_.quirks.streaming && !MustBeTranslated(ask.request);
  const Dialect door = DoorDialect(endpoint);
  if (door == Dialect::kChat && through) return ChatThrough(ask, config_.quirks);
  if (config_.dialect == Dialect::kChat) return Translated(ask, Dialect::kChat, "/chat/completions", config_.quirks);
  if (door == Dialect::kResponses && through) return ResponsesThrough(ask, config_.quirks);
  return Translated(ask, Dialect::kResponses, "/responses", config_.quirks);
}

// https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle and …/reference.
std::string AzureAdapter::PathOf(const std::string& path, const std::string& deployment) const {
  const std::string& version = config_.api_version;
  const std::string query = version.empty() ? "" : "?api-version=" + version;
  if (!IsDated(version)) return "/openai/v1" + path + query;
  if (deployment.empty() || path == "/responses") return "/openai" + path + query;
  return "/openai/deployments/" + deployment + path + query;
}

bool IsPlain(const std::string& name) {
  constexpr char kGood[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
  return !name.empty() && name.find_first_not_of(kGood) == std::string::npos;
}

void ReadOwn(config::Section& section, AdapterConfig& config) {
  section.Read("api_version", config.api_version);
  if (!config.api_version.empty() && !IsPlain(config.api_version)) {
    section.Fail("api_version", "must be a version as Azure names it: 2025-04-01-preview, v1 or preview");
  }
  section.Read("deployments", config.deployments);
  if (config.deployments.empty()) {
    section.Fail("deployments", "is missing: a mapping from model names to the names of your deployments");
  }
  for (const auto& [model, deployment] : config.deployments) {
    if (!IsPlain(deployment)) section.Fail("deployments", "\"" + deployment + "\" is not the name of a deployment");
  }
}

}  // namespace

AdapterType Azure() {
  AdapterType type;
  type.name = "azure";
  type.path_strips = {"/openai/v1", "/openai"};
  type.api_key_header = "api-key";
  // A deployment without the Responses API is asked by Chat Completions only.
  type.dialects = {{"responses", Dialect::kResponses}, {"chat", Dialect::kChat}};
  type.defaults.dialect = Dialect::kResponses;
  type.defaults.quirks.chat.max_tokens_field = ChatQuirks::MaxTokensField::kMaxCompletionTokens;
  type.defaults.quirks.chat.late_system = ChatQuirks::LateSystem::kSystem;
  type.defaults.quirks.chat.service_tier = true;
  type.forward_headers = {"openai-beta", "x-codex-beta-features", "x-codex-turn-state", "x-openai-subagent"};
  type.read_own = ReadOwn;
  type.make = [](const AdapterConfig& config) -> std::unique_ptr<Adapter> {
    return std::make_unique<AzureAdapter>(config);
  };
  return type;
}

}  // namespace wayleave::provider
