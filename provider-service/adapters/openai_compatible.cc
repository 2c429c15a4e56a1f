#include "provider-service/adapters/openai_compatible.h"

#include "provider-service/adapters/calls.h"

namespace wayleave::provider {
namespace {

class OpenAiCompatibleAdapter : public Adapter {
 public:
  explicit OpenAiCompatibleAdapter(const AdapterConfig& config) : config_(config) {}

  Result<UpstreamCall> Prepare(const v1::GenerateRequest& request, std::int64_t now) const override {
    const bool chat_wanted = request.endpoint() == v1::ENDPOINT_CHAT_COMPLETIONS;
    if (config_.dialect == AdapterConfig::Dialect::kChat) {
      return chat_wanted ? ChatThrough(request, now, config_.quirks) : ResponsesOverChat(request, now, config_.quirks);
    }
    if (!chat_wanted) return ResponsesThrough(request, now);
    return Error{Code::kUnimplemented, "The provider of this model speaks the Responses API only; use /v1/responses.",
                 "unsupported_endpoint"};
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
  type.has_dialects = true;
  type.make = MakeOpenAiCompatible;
  return type;
}

}  // namespace wayleave::provider
