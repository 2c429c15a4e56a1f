#include "provider-service/adapters/openai_compatible.h"

#include "provider-service/adapters/calls.h"

namespace wayleave::provider {
namespace {

class OpenAiCompatibleAdapter : public Adapter {
 public:
  explicit OpenAiCompatibleAdapter(const AdapterConfig& config) : config_(config) {}

  Result<UpstreamCall> Prepare(const Ask& ask) const override {
    if (ask.request.endpoint() == v1::ENDPOINT_EMBEDDINGS) return EmbeddingsThrough(ask);
    const Dialect door = DoorDialect(ask.request.endpoint());
    const bool same = door == config_.dialect && config_.quirks.streaming && !MustBeTranslated(ask.request);
    if (same && door == Dialect::kChat) return ChatThrough(ask, config_.quirks);
    if (same && door == Dialect::kResponses) return ResponsesThrough(ask, config_.quirks);
    const char* path = config_.dialect == Dialect::kChat ? "/chat/completions" : "/responses";
    return Translated(ask, config_.dialect, path, config_.quirks);
  }

 private:
  const AdapterConfig config_;
};

}  // namespace

std::unique_ptr<Adapter> MakeOpenAiCompatible(const AdapterConfig& config) {
  return std::make_unique<OpenAiCompatibleAdapter>(config);
}

AdapterType OpenAiCompatible() {
  AdapterType type;
  type.name = "openai-compatible";
  type.dialects = {{"chat", Dialect::kChat}, {"responses", Dialect::kResponses},
                   {"responses-basic", Dialect::kBasicResponses}};
  type.make = MakeOpenAiCompatible;
  return type;
}

}  // namespace wayleave::provider
