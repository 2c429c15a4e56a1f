#include "gateway/principal_cache.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/crypto/random.h"

namespace wayleave::gateway {
namespace {

constexpr std::size_t kMostEntries = 100'000;
constexpr std::chrono::milliseconds kMostSilence{1000};
constexpr std::chrono::seconds kAnotherDatabase{10};
// Every auth-service looks for changes five times in that.
constexpr std::chrono::milliseconds kSettling{1000};

bool Names(const auth::v1::WatchRevocationsResponse& message, const auth::v1::Principal& principal) {
  constexpr std::string_view kTenant = "tenant:";
  for (const std::string& changed : message.key_ids()) {
    if (changed == principal.key_id()) return true;
    if (changed.starts_with(kTenant) && changed.substr(kTenant.size()) == principal.tenant()) return true;
  }
  return false;
}

}  // namespace

PrincipalCache::PrincipalCache() : hmac_(crypto::RandomBytes(32)) {}

std::size_t PrincipalCache::Hash::operator()(const crypto::Digest& digest) const {
  std::size_t hash = 0;
  std::memcpy(&hash, digest.data(), sizeof hash);
  return hash;
}

crypto::Digest PrincipalCache::DigestOf(const auth::v1::AuthenticateRequest& credential) const {
  const bool key = credential.credential_case() == auth::v1::AuthenticateRequest::kApiKey;
  return hmac_.Of(key ? "k" + credential.api_key() : "c" + credential.certificate().SerializeAsString());
}

std::optional<auth::v1::AuthenticateResponse> PrincipalCache::Find(const crypto::Digest& digest,
                                                                   Clock::time_point now) {
  std::lock_guard lock(mutex_);
  if (now - last_heard_ > kMostSilence || Lags()) return std::nullopt;
  const auto it = entries_.find(digest);
  if (it == entries_.end() || it->second.until <= now) return std::nullopt;
  return it->second.answer;
}

bool PrincipalCache::Believes(const auth::v1::AuthenticateResponse& answer, Clock::time_point now) {
  std::lock_guard lock(mutex_);
  Learn(answer.version(), now);
  return answer.version() == 0 || answer.version() >= version_;
}

void PrincipalCache::Learn(std::int64_t version, Clock::time_point now) {
  version_ = std::max(version_, version);
  if (now - second_began_ < kMostSilence) return;
  second_began_ = now;
  before_ = std::exchange(lately_, version_);
}

// Who speaks there has seen its database within a second; who is behind for longer sees another one.
void PrincipalCache::LearnFromStream(std::int64_t version, Clock::time_point now) {
  const bool was_in_front = heard_version_ == 0 || heard_version_ >= version_;
  heard_version_ = version;
  if (version == 0 || version >= version_ || was_in_front) in_front_at_ = now;
  if (now - in_front_at_ >= kAnotherDatabase) {
    version_ = lately_ = before_ = version;
    entries_.clear();
    ++drops_;
  }
  Learn(version, now);
}

bool PrincipalCache::HearsOldNews() {
  std::lock_guard lock(mutex_);
  return Lags();
}

void PrincipalCache::Keep(const crypto::Digest& digest, const auth::v1::AuthenticateResponse& answer,
                          std::uint64_t drops, Clock::time_point now) {
  const auto age =
      std::chrono::seconds(answer.max_age().seconds()) + std::chrono::nanoseconds(answer.max_age().nanos());
  if (age.count() <= 0) return;
  std::lock_guard lock(mutex_);
  if (drops != drops_.load() || now - last_dropped_ < kSettling) return;
  if (entries_.size() >= kMostEntries) DropExpired(now);
  if (entries_.size() >= kMostEntries) return;
  entries_.insert_or_assign(digest, Entry{answer, now + age});
}

void PrincipalCache::DropExpired(Clock::time_point now) {
  std::erase_if(entries_, [&](const auto& entry) { return entry.second.until <= now; });
}

void PrincipalCache::Heard(const auth::v1::WatchRevocationsResponse& message, Clock::time_point now) {
  std::lock_guard lock(mutex_);
  last_heard_ = now;
  LearnFromStream(message.version(), now);
  if (message.drop_all() || !message.key_ids().empty()) ++drops_;
  // What is told first on a stream is no change.
  if (!message.key_ids().empty()) last_dropped_ = now;
  if (message.drop_all()) entries_.clear();
  if (message.key_ids().empty()) return;
  std::erase_if(entries_, [&](const auto& entry) { return Names(message, entry.second.answer.principal()); });
}

}  // namespace wayleave::gateway
