#include "provider-service/dialect/ollama/errors.h"

#include <string_view>

namespace wayleave::provider {
namespace {

// One answer of a local model takes some seconds.
constexpr std::int64_t kBusyRetryMs = 5000;

bool Holds(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

void ExplainOllama(Failure& failure, const std::string& model) {
  if (failure.upstream_status == 404 && Holds(failure.message, "not found")) {
    failure.message += ". Operator: `ollama pull " + model + "` fetches it.";
  }
  if (failure.upstream_status != 503) return;
  failure.code = "server_is_overloaded";
  if (!failure.retry_after_ms) failure.retry_after_ms = kBusyRetryMs;
  if (Holds(failure.message, "maximum pending requests")) {
    failure.message += ". Operator: OLLAMA_MAX_QUEUE and OLLAMA_NUM_PARALLEL say how many requests Ollama takes.";
  }
}

}  // namespace wayleave::provider
