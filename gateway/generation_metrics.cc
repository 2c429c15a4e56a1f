#include "gateway/generation_metrics.h"

#include <array>

#include "gateway/error_labels.h"

namespace wayleave::gateway {
namespace {

constexpr std::size_t kMostProviders = 256;
constexpr std::size_t kMostModels = 1024;
constexpr std::size_t kMostSeries = 2000;
constexpr const char* kCancelled = "cancelled";
constexpr const char* kOtherError = "_OTHER";  // OpenTelemetry's word
constexpr std::array<const char*, 4> kResults = {"ok", "refused", "failed", "cancelled"};

const std::vector<std::string> kLabels = {"gen_ai_operation_name", "gen_ai_provider_name", "gen_ai_request_model",
                                          "wayleave_tenant"};

std::vector<std::string> LabelsAnd(const char* more) {
  std::vector<std::string> labels = kLabels;
  labels.emplace_back(more);
  return labels;
}

double Seconds(std::chrono::steady_clock::duration time) { return std::chrono::duration<double>(time).count(); }

std::string_view OperationOf(std::string_view endpoint) {
  return endpoint == "embeddings" || endpoint == "count_tokens" ? endpoint : "chat";
}

bool WasCancelled(const Record& record) {
  return record.status == 499 || (record.settlement && record.settlement->outcome() == auth::v1::OUTCOME_CANCELLED);
}

bool HasFailed(const Record& record) {
  return record.status >= 400 || !record.error_code.empty() ||
         (record.settlement && record.settlement->outcome() == auth::v1::OUTCOME_FAILED);
}

// By place in kResults.
std::size_t ResultOf(const Record& record) {
  if (WasCancelled(record)) return 3;
  if (!HasFailed(record)) return 0;
  return record.status < 500 && !record.dispatched ? 1 : 2;
}

}  // namespace

std::size_t GenerationMetrics::Hash::operator()(const Key& key) const {
  const std::hash<std::string_view> hash;
  return hash(key.tenant) * 31 + hash(key.provider) * 37 + hash(key.model) * 41 + hash(key.operation);
}

GenerationMetrics::GenerationMetrics(metrics::Registry& registry, std::size_t most_tenants)
    : tokens_(registry.Histograms("gen_ai_client_token_usage_tokens",
                                  "Tokens of generations: input with what was cached, output with reasoning.",
                                  LabelsAnd("gen_ai_token_type"), metrics::kGenAiTokens)),
      durations_(registry.Histograms("gen_ai_client_operation_duration_seconds",
                                     "Whole generations, from the request's arrival to its end; error_type says what "
                                     "went wrong, if something did.",
                                     LabelsAnd("error_type"), metrics::kRequestSeconds)),
      first_tokens_(registry.Histograms("gen_ai_server_time_to_first_token_seconds",
                                        "Streams: from asking the target that answered to its first event.", kLabels,
                                        metrics::kGenAiFirstTokenSeconds)),
      per_tokens_(registry.Histograms("gen_ai_server_time_per_output_token_seconds",
                                      "Streams: the time between two output tokens, on average over one answer.",
                                      kLabels, metrics::kGenAiPerTokenSeconds)),
      costs_(registry.Counters("wayleave_cost_usd_total", "US dollars that generations were charged.",
                               {"wayleave_tenant", "provider", "model"})),
      requests_(registry.Counters("wayleave_gateway_tenant_requests_total",
                                  "Requests of those who were authenticated; refused: before a provider was asked.",
                                  {"wayleave_tenant", "result"})),
      tenants_(most_tenants),
      providers_(kMostProviders),
      models_(kMostModels) {}

void GenerationMetrics::Ended(const Record& record, std::chrono::steady_clock::time_point now) {
  if (record.tenant.empty()) return;
  const std::string_view tenant = tenants_.Of(record.tenant);
  std::unique_lock lock(mutex_);
  ResultsOf(tenant, ResultOf(record)).Increment();
  if (!record.settlement) return;
  Series& series = SeriesOf(KeyOf(tenant, record));
  Histogram& duration = DurationOf(record, series);
  lock.unlock();
  duration.Observe(Seconds(now - record.arrived));
  Time(record, series);
  Spend(*record.settlement, series);
}

prometheus::Counter& GenerationMetrics::ResultsOf(std::string_view tenant, std::size_t result) {
  std::vector<prometheus::Counter*>& results = results_[tenant];
  for (std::size_t i = results.size(); i < kResults.size(); ++i)
    results.push_back(&requests_.With({tenant, kResults[i]}));
  return *results[result];
}

void GenerationMetrics::Spend(const auth::v1::Settlement& settlement, const Series& series) {
  series.cost->Increment(static_cast<double>(settlement.cost_nano_usd()) / 1e9);
  const auto& usage = settlement.usage();
  if (usage.input_tokens() > 0) series.input->Observe(static_cast<double>(usage.input_tokens()));
  if (usage.output_tokens() > 0) series.output->Observe(static_cast<double>(usage.output_tokens()));
}

// Only where somebody waits for events, and the provider has counted.
void GenerationMetrics::Time(const Record& record, const Series& series) {
  if (!record.stream || !record.first_event) return;
  if (record.asked < *record.first_event) series.first_token->Observe(Seconds(*record.first_event - record.asked));
  const std::int64_t tokens = record.settlement->usage().output_tokens();
  if (record.settlement->estimated() || tokens < 2 || record.answered < *record.first_event) return;
  series.per_token->Observe(Seconds(record.answered - *record.first_event) / static_cast<double>(tokens - 1));
}

GenerationMetrics::Key GenerationMetrics::KeyOf(std::string_view tenant, const Record& record) {
  const auto& settlement = *record.settlement;
  return {tenant, providers_.Of(settlement.provider()),
          record.listed ? models_.Of(settlement.upstream_model()) : metrics::kOtherLabel, OperationOf(record.endpoint)};
}

GenerationMetrics::Series& GenerationMetrics::SeriesOf(Key key) {
  const auto found = series_.find(key);
  if (found != series_.end()) return *found->second;
  if (series_.size() >= kMostSeries && key.tenant != metrics::kOtherLabel) {
    key.tenant = metrics::kOtherLabel;
    return SeriesOf(key);
  }
  return *series_.emplace(key, Make(key)).first->second;
}

std::unique_ptr<GenerationMetrics::Series> GenerationMetrics::Make(const Key& key) const {
  const auto& [tenant, provider, model, operation] = key;
  auto series = std::make_unique<Series>();
  series->key = key;
  series->cost = &costs_.With({tenant, provider, model});
  series->input = &tokens_.With({operation, provider, model, tenant, "input"});
  series->output = &tokens_.With({operation, provider, model, tenant, "output"});
  series->good = &durations_.With({operation, provider, model, tenant});
  series->first_token = &first_tokens_.With({operation, provider, model, tenant});
  series->per_token = &per_tokens_.With({operation, provider, model, tenant});
  series->failed.resize(ErrorLabels().size() + 2);
  return series;
}

GenerationMetrics::Histogram& GenerationMetrics::DurationOf(const Record& record, Series& series) {
  const std::size_t labels = ErrorLabels().size();
  const bool cancelled = WasCancelled(record);
  if (!cancelled && !HasFailed(record)) return *series.good;
  const std::size_t place = cancelled ? labels + 1 : ErrorLabelOf(record.error_code, record.status);
  Histogram*& histogram = series.failed[place];
  if (!histogram) {
    const char* type = cancelled ? kCancelled : place == labels ? kOtherError : ErrorLabels()[place];
    const Key& key = series.key;
    histogram = &durations_.With({key.operation, key.provider, key.model, key.tenant, type});
  }
  return *histogram;
}

}  // namespace wayleave::gateway
