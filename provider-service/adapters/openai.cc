#include "provider-service/adapters/calls.h"

namespace wayleave::provider {
namespace {

// OpenAI itself, and whatever speaks both of its dialects as well as it does: bytes through.
class OpenAiAdapter : public Adapter {
 public:
  explicit OpenAiAdapter(const AdapterConfig& config) : quirks_(config.quirks) {}

  Result<UpstreamCall> Prepare(const Ask& ask) const override {
    const bool through = !MustBeTranslated(ask.request);
    switch (ask.request.endpoint()) {
      case v1::ENDPOINT_RESPONSES:
        if (through) return ResponsesThrough(ask, quirks_);
        break;
      case v1::ENDPOINT_CHAT_COMPLETIONS:
        return through ? ChatThrough(ask, quirks_) : Translated(ask, Dialect::kChat, "/chat/completions", quirks_);
      case v1::ENDPOINT_EMBEDDINGS:
        return EmbeddingsThrough(ask);
      default:
        break;
    }
    return Translated(ask, Dialect::kResponses, "/responses", quirks_);
  }

 private:
  const Quirks quirks_;
};

}  // namespace

AdapterType OpenAi() {
  AdapterType type;
  type.name = "openai";
  type.default_base_url = "https://api.openai.com/v1";
  type.defaults.quirks.chat.max_tokens_field = ChatQuirks::MaxTokensField::kMaxCompletionTokens;
  type.defaults.quirks.chat.late_system = ChatQuirks::LateSystem::kSystem;
  type.defaults.quirks.chat.effort_map.clear();
  type.defaults.quirks.chat.service_tier = true;
  // What changes OpenAI's answers; nothing that is a credential or names a person's machine or session.
  type.forward_headers = {"openai-beta", "x-codex-beta-features", "x-codex-turn-state", "x-openai-subagent",
                          "x-openai-internal-codex-responses-lite"};
  type.make = [](const AdapterConfig& config) -> std::unique_ptr<Adapter> {
    return std::make_unique<OpenAiAdapter>(config);
  };
  return type;
}

}  // namespace wayleave::provider
