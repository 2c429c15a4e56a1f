#include "auth-service/audit/trail.h"

#include <algorithm>
#include <utility>

#include "base/crypto/digest.h"
#include "base/crypto/encoding.h"

namespace wayleave::auth {
namespace {

audit::Link LinkOf(const Changes::AuditRow& row) {
  audit::Link link;
  link.sequence = row.sequence;
  std::copy_n(row.hash.begin(), std::min(row.hash.size(), link.hash.size()), link.hash.begin());
  return link;
}

Result<audit::Chain> EndOf(Changes& changes) {
  auto last = changes.LastAudit(Trail::kChain);
  if (!last) return std::move(last).error();
  return audit::Chain(Trail::kChain, *last ? LinkOf(**last) : audit::Link());
}

void Put(std::map<std::string, std::string>& details, const char* name, const std::string& value) {
  if (!value.empty()) details.emplace(name, value);
}

void Put(std::map<std::string, std::string>& details, const char* name, std::int64_t value) {
  details.emplace(name, std::to_string(value));
}

}  // namespace

Result<std::unique_ptr<Trail>> Trail::Open(const std::string& state_dir) {
  auto key = crypto::SigningKey::ReadOrMake(state_dir + "/audit.key");
  if (!key) return std::move(key).error();
  return std::unique_ptr<Trail>(new Trail(std::move(*key), state_dir + "/audit-checkpoints.jsonl"));
}

Trail::Trail(crypto::SigningKey key, std::string file) : key_(std::move(key)) { file_.emplace(std::move(file)); }

const std::string& Trail::public_key() const {
  static const std::string none;
  return key_ ? key_->PublicKey() : none;
}

Status Trail::Job::Append(const audit::AuditEvent& event) {
  if (!chain_) {
    Result<audit::Chain> chain = EndOf(changes_);
    if (!chain) return std::move(chain).error();
    chain_.emplace(std::move(*chain));
  }
  Changes::AuditRow row;
  row.chain = kChain;
  row.at = TimeOf(event.at_nanos);
  row.kind = event.kind;
  row.tenant = event.tenant;
  row.body = audit::ToBody(event);
  const audit::Link link = chain_->Append(row.body);
  row.sequence = link.sequence;
  row.hash = std::string(crypto::AsView(link.hash));
  return changes_.AddAudit(row);
}

Status Trail::Sign(Changes& changes, Time now) {
  if (!key_) return {};
  const Result<audit::Chain> chain = EndOf(changes);
  if (!chain) return chain.error();
  if (chain->last().sequence == signed_) return {};
  audit::Checkpoint checkpoint = audit::SignCheckpoint(kChain, chain->last(), ToNanos(now), *key_);
  Status added = changes.AddCheckpoint(kChain, checkpoint.sequence, audit::ToJsonLine(checkpoint));
  pending_ = std::move(checkpoint);
  return added;
}

void Trail::Signed(bool committed) {
  const auto checkpoint = std::exchange(pending_, std::nullopt);
  if (!checkpoint || !committed) return;
  signed_ = checkpoint->sequence;
  std::lock_guard lock(mutex_);
  unpublished_ = checkpoint;
}

Status Trail::Publish() {
  std::optional<audit::Checkpoint> checkpoint;
  {
    std::lock_guard lock(mutex_);
    checkpoint = std::exchange(unpublished_, std::nullopt);
  }
  if (!checkpoint || !file_) return {};
  return file_->Append(*checkpoint);
}

audit::AuditEvent RequestEvent(const v1::Settlement& s, Time now) {
  audit::AuditEvent event;
  event.at_nanos = ToNanos(now);
  event.kind = "request";
  event.actor = s.key_id();
  event.action = "request";
  event.tenant = s.tenant();
  event.subject = s.reservation_id();
  auto& details = event.details;
  Put(details, "request_id", s.request_id());
  Put(details, "user", s.user());
  Put(details, "endpoint", s.endpoint());
  Put(details, "model", s.model());
  Put(details, "provider", s.provider());
  Put(details, "upstream_model", s.upstream_model());
  Put(details, "session", s.session());
  Put(details, "started_at", ToNanos(s.started_at()));
  Put(details, "duration", ToNanos(s.duration()));
  Put(details, "outcome", std::int64_t{s.outcome()});
  Put(details, "input_tokens", s.usage().input_tokens());
  Put(details, "cached_input_tokens", s.usage().cached_input_tokens());
  Put(details, "output_tokens", s.usage().output_tokens());
  Put(details, "reasoning_tokens", s.usage().reasoning_tokens());
  Put(details, "cost_nano_usd", s.cost_nano_usd());
  if (!s.content().empty()) Put(details, kContentHash, crypto::Hex(crypto::AsView(crypto::Sha256(s.content()))));
  return event;
}

}  // namespace wayleave::auth
