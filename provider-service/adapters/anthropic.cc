#include <charconv>

#include "provider-service/adapters/calls.h"
#include "provider-service/dialect/messages/models.h"
#include "provider-service/quirks_config.h"

namespace wayleave::provider {
namespace {

// Anthropic, and whoever copies its Messages API: requests of that dialect pass as bytes, all others are translated.
class AnthropicAdapter : public Adapter {
 public:
  explicit AnthropicAdapter(const AdapterConfig& config) : config_(config) {}

  Result<UpstreamCall> Prepare(const Ask& ask) const override {
    switch (ask.request.endpoint()) {
      case v1::ENDPOINT_COUNT_TOKENS:
        return CountTokensThrough(ask);
      case v1::ENDPOINT_EMBEDDINGS:
        return UnsupportedEndpoint("makes no embeddings.");
      case v1::ENDPOINT_MESSAGES:
        if (config_.quirks.streaming || !ask.request.stream()) {
          if (!MustBeTranslated(ask.request)) return MessagesThrough(ask, config_.quirks);
        }
        [[fallthrough]];
      default:
        return Translated(ask, Dialect::kMessages, "/messages", config_.quirks);
    }
  }

  bool CountsTokens() const override { return config_.quirks.messages.count_tokens; }
  bool HoldsThreads() const override { return config_.quirks.messages.threads; }

  ModelsQuestion ListQuestion() const override { return {"/models?limit=1000", {}}; }
  bool ReadList(std::string_view answer, std::vector<ListedModel>& into) const override {
    return ReadMessagesModels(answer, into);
  }

 private:
  const AdapterConfig config_;
};

void ReadBudgets(config::Section& section, std::map<std::string, std::int64_t>& budgets) {
  std::map<std::string, std::string> words;
  section.Read("thinking_budgets", words);
  if (!words.empty()) budgets.clear();
  for (const auto& [effort, text] : words) {
    std::int64_t tokens = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), tokens);
    const bool number = error == std::errc() && end == text.data() + text.size();
    if (!number || tokens < 1024)
      section.Fail("thinking_budgets", effort + " must be a number of tokens, at least 1024");
    budgets[effort] = tokens;
  }
}

void ReadOwn(config::Section& section, AdapterConfig& config) {
  using Thinking = MessagesQuirks::Thinking;
  MessagesQuirks& quirks = config.quirks.messages;
  ReadWord<Thinking>(section, "thinking",
                     {{"by_model", Thinking::kByModel},
                      {"adaptive", Thinking::kAdaptive},
                      {"budget", Thinking::kBudget},
                      {"none", Thinking::kNone}},
                     quirks.thinking);
  ReadBudgets(section, quirks.thinking_budgets);
  section.Read("max_tokens", quirks.max_tokens);
  if (quirks.max_tokens < 1) section.Fail("max_tokens", "must be a number of tokens");
  section.Read("prompt_cache", quirks.prompt_cache);
  section.Read("count_tokens", quirks.count_tokens);
  section.Read("threads", quirks.threads);
  if (!section.Has("structured_outputs")) return;
  quirks.structured_outputs = false;
  section.Read("structured_outputs", *quirks.structured_outputs);
}

}  // namespace

AdapterType Anthropic() {
  AdapterType type;
  type.name = "anthropic";
  type.default_base_url = "https://api.anthropic.com";
  type.path_suffix = "/v1";
  type.api_key_header = "x-api-key";
  type.own_headers = {{"anthropic-version", "2023-06-01"}};
  // What changes the API's answers; nothing that is a credential or names a person.
  type.forward_headers = {"anthropic-beta"};
  type.defaults.quirks.chat.effort_map = {{"minimal", "low"}, {"ultra", "max"}};
  type.read_own = ReadOwn;
  type.make = [](const AdapterConfig& config) -> std::unique_ptr<Adapter> {
    return std::make_unique<AnthropicAdapter>(config);
  };
  return type;
}

}  // namespace wayleave::provider
