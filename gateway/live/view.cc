#include "gateway/live/view.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <tuple>

#include "gateway/live/error_words.h"

namespace wayleave::gateway {
namespace {

constexpr int kMinuteSlots = 60 / kGroupStep;
constexpr std::uint64_t kBytesOfToken = 4;

const char* PhaseOf(const Record& record) {
  if (record.first_event) return "answering";
  if (record.dispatched) return "waiting";
  return record.tenant.empty() ? "authenticating" : "admitting";
}

v1::LiveRequest RequestOf(const Record& record, std::chrono::steady_clock::time_point now) {
  v1::LiveRequest request;
  request.set_request_id(record.request_id);
  request.set_tenant(record.tenant);
  request.set_user(record.user);
  request.set_key_id(record.key_id);
  request.set_endpoint(record.endpoint);
  request.set_model(CutText(record.model));
  request.set_target(TargetOf(record));
  request.set_phase(PhaseOf(record));
  request.set_age_ms((now - record.arrived) / std::chrono::milliseconds(1));
  const std::int64_t before = record.settlement ? record.settlement->usage().output_tokens() : 0;
  request.set_output_tokens(before + static_cast<std::int64_t>(record.output_bytes / kBytesOfToken));
  request.set_stream(record.stream);
  return request;
}

v1::LiveError ErrorOf(const ErrorNote& note) {
  v1::LiveError error;
  const auto nanos = std::chrono::duration_cast<std::chrono::nanoseconds>(note.at.time_since_epoch()).count();
  *error.mutable_at() = google::protobuf::util::TimeUtil::MillisecondsToTimestamp(nanos / 1'000'000);
  error.set_request_id(note.request_id);
  error.set_tenant(note.tenant);
  error.set_key_id(note.key_id);
  error.set_endpoint(note.endpoint);
  error.set_model(note.model);
  error.set_target(note.target);
  error.set_status(note.status);
  error.set_code(note.code);
  error.set_message(std::string(WordsFor(note.code, note.status)));
  return error;
}

v1::LiveCounts CountsOf(const Counts& counts) {
  v1::LiveCounts message;
  message.set_requests(counts.requests);
  message.set_errors(counts.errors);
  message.set_input_tokens(counts.input_tokens);
  message.set_output_tokens(counts.output_tokens);
  message.set_cost_nano_usd(counts.cost_nano_usd);
  return message;
}

void Fill(const std::vector<Counts>& counts, v1::LiveSeries& series) {
  for (const Counts& one : counts) {
    series.add_requests(one.requests);
    series.add_errors(one.errors);
    series.add_input_tokens(one.input_tokens);
    series.add_output_tokens(one.output_tokens);
    series.add_cost_nano_usd(one.cost_nano_usd);
  }
}

// The `most` that come first; the others go.
template <class Field, class Before>
void KeepFirst(Field& list, std::size_t most, Before before) {
  std::sort(list.pointer_begin(), list.pointer_end(), [&](const auto* a, const auto* b) { return before(*a, *b); });
  const int surplus = list.size() - static_cast<int>(most);
  if (surplus > 0) list.DeleteSubrange(static_cast<int>(most), surplus);
}

}  // namespace

std::int64_t SecondOf(std::chrono::steady_clock::time_point time) {
  return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
}

LiveView::LiveView(std::string tenant, std::chrono::steady_clock::time_point now)
    : tenant_(std::move(tenant)),
      now_(now),
      second_(SecondOf(now)),
      series_(static_cast<std::size_t>(tenant_.empty() ? LiveShard::kSeconds : kGroupSlots)) {
  live_.set_tenant(tenant_);
  live_.mutable_series()->set_step_seconds(tenant_.empty() ? 1 : kGroupStep);
}

void LiveView::Add(const LiveShard& shard) {
  AddRequests(shard);
  AddTenants(shard.tenants());
  AddErrors(shard);
  if (!tenant_.empty()) return;
  AddSeries(shard.seconds().All(second_));
  AddGroups(shard.targets(), targets_);
  AddGroups(shard.codes(), codes_);
}

// They are in the order of their arrival, so the first are the oldest.
void LiveView::AddRequests(const LiveShard& shard) {
  std::size_t added = 0;
  std::int64_t seen = 0;
  for (const LiveNode& node : shard.nodes()) {
    if (!Sees(node.record.tenant)) continue;
    ++seen;
    if (added++ < kMostRequests) *live_.add_requests() = RequestOf(node.record, now_);
  }
  live_.set_in_flight(live_.in_flight() + seen);
}

void LiveView::AddSeries(const std::vector<Counts>& counts) {
  for (std::size_t i = 0; i < series_.size(); ++i) series_[i] += counts[i];
}

void LiveView::AddTenants(const CountTable& table) {
  if (tenant_.empty()) return AddGroups(table, tenants_);
  if (tenant_ == kOtherGroup) return;  // what is counted there is of many
  const CountRing* own = table.Find(tenant_);
  if (!own) return;
  AddGroup(tenant_, *own, tenants_);
  AddSeries(own->All(second_));
}

void LiveView::AddGroups(const CountTable& table, Groups& groups) const {
  for (const auto& [name, ring] : table.rings()) AddGroup(name, ring, groups);
}

void LiveView::AddGroup(const std::string& name, const CountRing& ring, Groups& groups) const {
  const Counts all = ring.Sum(second_, kGroupSlots);
  if (all.requests == 0) return;
  Sums& sums = groups[name];
  sums.minute += ring.Sum(second_, kMinuteSlots);
  sums.ten_minutes += all;
}

void LiveView::AddErrors(const LiveShard& shard) {
  for (const ErrorNote& note : shard.errors()) {
    if (Sees(note.tenant)) *live_.add_errors() = ErrorOf(note);
  }
}

void LiveView::Sort(const Groups& groups, Field& into) {
  for (const auto& [name, sums] : groups) {
    v1::LiveGroup& group = *into.Add();
    group.set_name(name);
    *group.mutable_minute() = CountsOf(sums.minute);
    *group.mutable_ten_minutes() = CountsOf(sums.ten_minutes);
  }
  std::stable_sort(into.pointer_begin(), into.pointer_end(), [](const v1::LiveGroup* a, const v1::LiveGroup* b) {
    const auto rank = [](const v1::LiveGroup& group) {
      return std::tuple(group.ten_minutes().cost_nano_usd(), group.ten_minutes().requests());
    };
    return rank(*a) > rank(*b);
  });
}

v1::Live LiveView::Take() {
  KeepFirst(*live_.mutable_requests(), kMostRequests,
            [](const auto& a, const auto& b) { return a.age_ms() > b.age_ms(); });
  KeepFirst(*live_.mutable_errors(), LiveShard::kMostErrors,
            [](const auto& a, const auto& b) { return a.at() > b.at(); });
  Fill(series_, *live_.mutable_series());
  Sort(tenants_, *live_.mutable_tenants());
  Sort(targets_, *live_.mutable_targets());
  Sort(codes_, *live_.mutable_codes());
  return std::move(live_);
}

}  // namespace wayleave::gateway
