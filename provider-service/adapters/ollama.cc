#include <nlohmann/json.hpp>
#include <regex>

#include "provider-service/adapters/calls.h"
#include "provider-service/dialect/ollama/context.h"
#include "provider-service/dialect/ollama/errors.h"
#include "provider-service/dialect/ollama/models.h"
#include "provider-service/quirks_config.h"

namespace wayleave::provider {
namespace {

// Ollama by its own API, where a context can be asked for and a prompt is not cut without a word; on demand by its
// OpenAI-compatible door.
class OllamaAdapter : public Adapter {
 public:
  explicit OllamaAdapter(const AdapterConfig& config) : config_(config) {}

  Result<UpstreamCall> Prepare(const Ask& ask) const override;

  bool NeedsFacts() const override { return config_.dialect == Dialect::kOllama; }
  ModelsQuestion ListQuestion() const override { return {"/api/tags", {}}; }
  bool ReadList(std::string_view answer, std::vector<ListedModel>& into) const override;
  std::optional<ModelsQuestion> QuestionAbout(const std::string& model) const override {
    return ModelsQuestion{"/api/show", nlohmann::json{{"model", model}}.dump()};
  }
  bool ReadAbout(std::string_view answer, ListedModel& into) const override;
  // As Ollama completes a name without a tag.
  std::string ListedName(const std::string& model) const override {
    const std::size_t slash = model.rfind('/');
    const std::size_t tag = model.find(':', slash == std::string::npos ? 0 : slash);
    return tag == std::string::npos ? model + ":latest" : model;
  }

 private:
  Result<UpstreamCall> OverChat(const Ask& ask) const;
  // What the configuration leaves of it.
  void Restrict(ModelFacts& facts) const;

  const AdapterConfig config_;
};

Result<UpstreamCall> OllamaAdapter::Prepare(const Ask& ask) const {
  if (ask.request.endpoint() == v1::ENDPOINT_EMBEDDINGS) return EmbeddingsThrough(ask, "/v1/embeddings");
  if (config_.dialect == Dialect::kChat) return OverChat(ask);
  Result<UpstreamCall> call = Translated(ask, Dialect::kOllama, "/api/chat", config_.quirks);
  if (!call) return call;
  call->accept = config_.quirks.streaming ? "application/x-ndjson" : "application/json";
  call->explain = ExplainOllama;
  return call;
}

Result<UpstreamCall> OllamaAdapter::OverChat(const Ask& ask) const {
  const bool through = DoorDialect(ask.request.endpoint()) == Dialect::kChat && config_.quirks.streaming &&
                       !MustBeTranslated(ask.request);
  constexpr char kPath[] = "/v1/chat/completions";
  if (!through) return Translated(ask, Dialect::kChat, kPath, config_.quirks);
  Result<UpstreamCall> call = ChatThrough(ask, config_.quirks);
  if (call) call->path = kPath;
  return call;
}

bool OllamaAdapter::ReadList(std::string_view answer, std::vector<ListedModel>& into) const {
  const bool read = ReadOllamaTags(answer, into);
  for (ListedModel& model : into) Restrict(model.facts);
  return read;
}

bool OllamaAdapter::ReadAbout(std::string_view answer, ListedModel& into) const {
  if (!ReadOllamaShow(answer, into)) return false;
  Restrict(into.facts);
  return true;
}

void OllamaAdapter::Restrict(ModelFacts& facts) const {
  facts.context_window = ContextLimit(config_.quirks.ollama, facts);
  facts.loaded_context = std::min(facts.loaded_context, facts.context_window);
  if (!config_.quirks.chat.images) facts.images = false;
}

void ReadOwn(config::Section& section, AdapterConfig& config) {
  OllamaQuirks& quirks = config.quirks.ollama;
  section.Read("num_ctx", quirks.num_ctx);
  section.Read("max_num_ctx", quirks.max_num_ctx);
  for (const char* key : {"num_ctx", "max_num_ctx"}) {
    const std::int64_t tokens = key == std::string_view("num_ctx") ? quirks.num_ctx : quirks.max_num_ctx;
    if (section.Has(key) && tokens < 512) section.Fail(key, "must be a number of tokens, at least 512");
  }
  using Think = OllamaQuirks::Think;
  ReadWord<Think>(
      section, "think",
      {{"auto", Think::kAuto}, {"level", Think::kLevel}, {"switch", Think::kSwitch}, {"never", Think::kNever}},
      quirks.think);
  section.Read("model_keep_alive", quirks.keep_alive);
  static const std::regex kTime("-?([0-9]+|([0-9]+(\\.[0-9]+)?(ms|s|m|h))+)");
  if (!quirks.keep_alive.empty() && !std::regex_match(quirks.keep_alive, kTime)) {
    section.Fail("model_keep_alive", "must be a time as Ollama reads it: 30m, 0 (unload at once) or -1 (for ever)");
  }
}

}  // namespace

AdapterType Ollama() {
  AdapterType type;
  type.name = "ollama";
  type.default_base_url = "http://127.0.0.1:11434";
  type.path_strips = {"/v1", "/api"};
  type.dialects = {{"native", Dialect::kOllama}, {"chat", Dialect::kChat}};
  type.defaults.dialect = Dialect::kOllama;
  // Its name for thoughts; gpt-oss needs those of the turn in progress between two tool calls.
  type.defaults.quirks.chat.reasoning_replay = ChatQuirks::ReasoningReplay::kReasoning;
  type.defaults.quirks.chat.replay_last_turn_only = true;
  type.read_own = ReadOwn;
  type.make = [](const AdapterConfig& config) -> std::unique_ptr<Adapter> {
    return std::make_unique<OllamaAdapter>(config);
  };
  return type;
}

}  // namespace wayleave::provider
