#include "provider-service/adapters/calls.h"

namespace wayleave::provider {
namespace {

// OpenAI itself, and whatever speaks both of its dialects as well as it does: bytes through.
class OpenAiAdapter : public Adapter {
 public:
  Result<UpstreamCall> Prepare(const v1::GenerateRequest& request, std::int64_t now) const override {
    if (request.endpoint() == v1::ENDPOINT_CHAT_COMPLETIONS) return ChatThrough(request, now, {});
    return ResponsesThrough(request, now);
  }
};

}  // namespace

AdapterType OpenAi() {
  AdapterType type;
  type.name = "openai";
  type.default_base_url = "https://api.openai.com/v1";
  // What the Codex CLI and the SDKs say to OpenAI that changes its answers; nothing that is a credential.
  type.forward_headers = {"openai-beta",           "originator",           "session-id",
                          "thread-id",             "x-client-request-id",  "x-codex-beta-features",
                          "x-codex-turn-metadata", "x-codex-turn-state",   "x-codex-window-id",
                          "x-openai-subagent",     "x-codex-parent-thread-id",
                          "x-openai-internal-codex-responses-lite"};
  type.make = [](const AdapterConfig&) -> std::unique_ptr<Adapter> { return std::make_unique<OpenAiAdapter>(); };
  return type;
}

}  // namespace wayleave::provider
