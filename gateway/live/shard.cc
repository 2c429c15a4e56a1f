#include "gateway/live/shard.h"

#include "gateway/live/error_words.h"

namespace wayleave::gateway {
namespace {

constexpr std::size_t kMostText = 128;

// A client that left is no failure of anybody.
bool HasFailed(const Record& record) {
  if (record.status == 499) return false;
  if (record.settlement && record.settlement->outcome() == auth::v1::OUTCOME_CANCELLED) return false;
  return record.status >= 400 || !record.error_code.empty();
}

Counts CountsOf(const Record& record) {
  Counts counts{1, HasFailed(record) ? 1 : 0};
  if (!record.settlement) return counts;
  counts.input_tokens = record.settlement->usage().input_tokens();
  counts.output_tokens = record.settlement->usage().output_tokens();
  counts.cost_nano_usd = record.settlement->cost_nano_usd();
  return counts;
}

}  // namespace

std::string CutText(std::string_view text) {
  if (text.size() <= kMostText) return std::string(text);
  std::size_t end = kMostText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return std::string(text.substr(0, end));
}

std::string TargetOf(const Record& record) {
  if (!record.settlement || !record.dispatched) return {};
  return record.settlement->provider() + "/" + record.settlement->upstream_model();
}

void LiveShard::Ended(const Record& record, std::int64_t second, std::chrono::system_clock::time_point at) {
  const Counts counts = CountsOf(record);
  seconds_.Add(second, counts);
  if (!record.tenant.empty()) tenants_.Add(record.tenant, second, counts);
  const std::string target = TargetOf(record);
  if (!target.empty()) targets_.Add(target, second, counts);
  if (counts.errors > 0) Failed(record, second, at);
}

void LiveShard::Failed(const Record& record, std::int64_t second, std::chrono::system_clock::time_point at) {
  std::string code = ShownCode(record.error_code, record.status);
  codes_.Add(code, second, {1, 1});
  if (errors_.size() >= kMostErrors) errors_.pop_front();
  errors_.push_back({at, record.request_id, record.tenant, record.key_id, record.endpoint, CutText(record.model),
                     TargetOf(record), record.status, std::move(code)});
}

}  // namespace wayleave::gateway
