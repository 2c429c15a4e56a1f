#include "auth-service/reservations.h"

#include <functional>
#include <utility>

namespace wayleave::auth {
namespace {

void Add(Reservations::Totals& totals, const v1::Amount& amount, int sign) {
  totals.open += sign;
  totals.input_tokens += sign * amount.input_tokens();
  totals.output_tokens += sign * amount.output_tokens();
  totals.cost_nano_usd += sign * amount.cost_nano_usd();
}

}  // namespace

Reservations::Reservations(std::size_t capacity) : shard_capacity_(capacity / kShards + 1) {}

Result<Time> Reservations::Hold(const std::string& id, const v1::Amount& upper_bound, Time now, Time expires_at) {
  Shard& shard = ShardOf(id);
  std::lock_guard lock(shard.mutex);
  shard.DropLapsed(now);
  if (const auto held = shard.entries.find(id); held != shard.entries.end()) return held->second.expiry->first;
  if (shard.entries.size() >= shard_capacity_) {
    return Error{Code::kResourceExhausted, "too many requests are in flight", "", std::chrono::seconds(1)};
  }
  const auto entry = shard.entries.emplace(id, Entry{upper_bound, {}}).first;
  entry->second.expiry = shard.by_expiry.emplace(expires_at, &entry->first);
  Add(shard.totals, upper_bound, +1);
  return expires_at;
}

void Reservations::Release(const std::string& id) {
  Shard& shard = ShardOf(id);
  std::lock_guard lock(shard.mutex);
  if (const auto held = shard.entries.find(id); held != shard.entries.end()) shard.Erase(held);
}

Reservations::Totals Reservations::Sweep(Time now) {
  Totals sum;
  for (Shard& shard : shards_) {
    std::lock_guard lock(shard.mutex);
    shard.DropLapsed(now);
    sum.open += shard.totals.open;
    sum.input_tokens += shard.totals.input_tokens;
    sum.output_tokens += shard.totals.output_tokens;
    sum.cost_nano_usd += shard.totals.cost_nano_usd;
  }
  return sum;
}

void Reservations::Shard::DropLapsed(Time now) {
  while (!by_expiry.empty() && by_expiry.begin()->first <= now) Erase(entries.find(*by_expiry.begin()->second));
}

void Reservations::Shard::Erase(std::unordered_map<std::string, Entry>::iterator entry) {
  Add(totals, entry->second.amount, -1);
  by_expiry.erase(entry->second.expiry);
  entries.erase(entry);
}

Reservations::Shard& Reservations::ShardOf(const std::string& id) {
  return shards_[std::hash<std::string>{}(id) % kShards];
}

}  // namespace wayleave::auth
