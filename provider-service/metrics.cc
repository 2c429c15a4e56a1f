#include "provider-service/metrics.h"

#include "provider-service/dropped_labels.h"

namespace wayleave::provider {
namespace {

constexpr std::array<const char*, 5> kEndpointNames{"responses", "chat_completions", "messages", "count_tokens",
                                                    "embeddings"};
constexpr std::array<const char*, 7> kOutcomeNames{"completed",   "incomplete", "failed",   "refused",
                                                   "unavailable", "invalid",    "cancelled"};
constexpr std::array<const char*, 19> kReasonNames{
    "resolve",      "refused",    "connect_timeout",     "tls",          "closed",       "first_byte_timeout",
    "idle_timeout", "total_timeout", "bad_response",     "status_4xx",   "status_429",   "status_5xx",
    "status_other", "not_a_stream", "told",              "first_token_timeout", "overloaded", "keys_cooling",
    "other"};

std::size_t IndexOf(v1::Endpoint endpoint) {
  switch (endpoint) {
    case v1::ENDPOINT_CHAT_COMPLETIONS: return 1;
    case v1::ENDPOINT_MESSAGES: return 2;
    case v1::ENDPOINT_COUNT_TOKENS: return 3;
    case v1::ENDPOINT_EMBEDDINGS: return 4;
    default: return 0;
  }
}

prometheus::Counter& Tokens(metrics::Registry& registry, const std::string& provider, const char* type) {
  return registry.Counter("wayleave_provider_tokens_total", "Tokens, as the provider told them.",
                          {{"provider", provider}, {"type", type}});
}

prometheus::Counter& Patches(metrics::Registry& registry, const std::string& provider, const char* result) {
  return registry.Counter("wayleave_provider_patches_total",
                          "Malformed patches for apply_patch, mended or passed on with an explanation for the model.",
                          {{"provider", provider}, {"result", result}});
}

prometheus::Counter& Connects(metrics::Registry& registry, const std::string& provider, const char* result) {
  return registry.Counter("wayleave_provider_upstream_connects_total", "Connections opened to the provider.",
                          {{"provider", provider}, {"result", result}});
}

}  // namespace

ProviderMetrics::ProviderMetrics(metrics::Registry& registry, const std::string& provider)
    : provider_(provider),
      dropped_(registry.Counters(
          "wayleave_provider_dropped_total",
          "Requests with a part that has no place in the provider's dialect and was left out.",
          {"provider", "kind", "name"})),
      load_seconds_(registry.Histograms("wayleave_provider_model_load_seconds", "Loading the model, as Ollama told.",
                                        {"provider"}, metrics::kFirstEventSeconds)),
      overhead_seconds_(registry.Histogram("wayleave_provider_overhead_seconds",
                                           "Making a request for the provider of an order: translation, above all.", {},
                                           metrics::kOverheadSeconds)),
      first_byte_seconds_(registry.Histogram("wayleave_provider_first_byte_seconds",
                                             "From the start to the head of the provider's answer.",
                                             {{"provider", provider}}, metrics::kFirstEventSeconds)),
      in_flight_(registry.Gauge("wayleave_provider_in_flight", "Generations that run now.", {{"provider", provider}})),
      connects_ok_(Connects(registry, provider, "ok")),
      connects_failed_(Connects(registry, provider, "failed")),
      input_tokens_(Tokens(registry, provider, "input")),
      cached_input_tokens_(Tokens(registry, provider, "cached_input")),
      output_tokens_(Tokens(registry, provider, "output")),
      reasoning_tokens_(Tokens(registry, provider, "reasoning")),
      repaired_patches_(Patches(registry, provider, "repaired")),
      broken_patches_(Patches(registry, provider, "broken")) {
  for (std::size_t e = 0; e < kEndpointNames.size(); ++e) {
    for (std::size_t o = 0; o < kOutcomeNames.size(); ++o) {
      requests_[e][o] = &registry.Counter(
          "wayleave_provider_requests_total", "Generations that ended.",
          {{"provider", provider}, {"endpoint", kEndpointNames[e]}, {"outcome", kOutcomeNames[o]}});
    }
    request_seconds_[e] = &registry.Histogram("wayleave_provider_request_seconds", "Whole generations.",
                                              {{"provider", provider}, {"endpoint", kEndpointNames[e]}},
                                              metrics::kRequestSeconds);
  }
  for (std::size_t i = 0; i < kReasonNames.size(); ++i) {
    errors_[i] = &registry.Counter("wayleave_provider_errors_total", "What went wrong with the provider.",
                                   {{"provider", provider}, {"reason", kReasonNames[i]}});
  }
}

void ProviderMetrics::Ended(v1::Endpoint endpoint, Outcome outcome, double seconds) {
  in_flight_.Decrement();
  requests_[IndexOf(endpoint)][static_cast<std::size_t>(outcome)]->Increment();
  request_seconds_[IndexOf(endpoint)]->Observe(seconds);
}

void ProviderMetrics::Failed(std::string_view reason) {
  std::size_t i = 0;
  while (i + 1 < kReasonNames.size() && reason != kReasonNames[i]) ++i;
  errors_[i]->Increment();
}

void ProviderMetrics::Connected(int attempts, bool last_failed) {
  if (attempts == 0) return;
  (last_failed ? connects_failed_ : connects_ok_).Increment();
}

void ProviderMetrics::Patched(std::uint32_t repaired, std::uint32_t broken) {
  if (repaired > 0) repaired_patches_.Increment(repaired);
  if (broken > 0) broken_patches_.Increment(broken);
}

// A series comes with its first part: most never happen.
void ProviderMetrics::Dropped(const std::vector<std::string>& parts) {
  for (const std::string& part : parts) {
    const DroppedLabels labels = LabelsOfDropped(part);
    dropped_.With({provider_, labels.kind, labels.name}).Increment();
  }
}

// Few providers tell: no series for the others.
void ProviderMetrics::Loaded(double seconds) {
  load_seconds_.With({provider_}).Observe(seconds);
}

void ProviderMetrics::Used(const Usage& usage) {
  const auto add = [](prometheus::Counter& counter, std::int64_t tokens) {
    if (tokens > 0) counter.Increment(static_cast<double>(tokens));
  };
  add(input_tokens_, usage.input_tokens);
  add(cached_input_tokens_, usage.cached_input_tokens);
  add(output_tokens_, usage.output_tokens);
  add(reasoning_tokens_, usage.reasoning_tokens);
}

}  // namespace wayleave::provider
