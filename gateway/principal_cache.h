#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/crypto/digest.h"
#include "wayleave/auth/v1/auth.pb.h"

namespace wayleave::gateway {

// Principals that auth-service vouched for, by a keyed digest of the credential, so that no credential is
// kept. An entry is used only while revocations are being heard: after a second of silence everything is
// asked again, so a revoked key is dead within one. Somebody whose messages are older than what others said is as good
// as silent; after ten seconds of it there is another database, a backup that was put back, and what it says counts.
// Thread-safe; bounded.
class PrincipalCache {
 public:
  using Clock = std::chrono::steady_clock;

  PrincipalCache();

  crypto::Digest DigestOf(const auth::v1::AuthenticateRequest& credential) const;
  std::optional<auth::v1::AuthenticateResponse> Find(const crypto::Digest& digest, Clock::time_point now);
  // Changes whenever something is dropped. Read it before asking auth-service.
  std::uint64_t drops() const { return drops_.load(); }
  // Whether an answer was judged by rights that are as new as any that were told of. One without a version is believed:
  // it comes from an auth-service that knows none.
  bool Believes(const auth::v1::AuthenticateResponse& answer, Clock::time_point now);
  // Keeps an answer, unless something was dropped since `drops` was read: it may be about that very key. Nor for a
  // second after a drop: another auth-service than the one that told of it may not have looked since.
  void Keep(const crypto::Digest& digest, const auth::v1::AuthenticateResponse& answer, std::uint64_t drops,
            Clock::time_point now);

  // What WatchRevocations said.
  void Heard(const auth::v1::WatchRevocationsResponse& message, Clock::time_point now);
  // Whether the one who speaks has missed for a second what others have told of: somebody else should be listened to.
  bool HearsOldNews();

 private:
  struct Entry {
    auth::v1::AuthenticateResponse answer;
    Clock::time_point until;
  };
  struct Hash {
    std::size_t operator()(const crypto::Digest& digest) const;
  };

  void DropExpired(Clock::time_point now);
  void Learn(std::int64_t version, Clock::time_point now);
  void LearnFromStream(std::int64_t version, Clock::time_point now);
  bool Lags() const { return heard_version_ != 0 && heard_version_ < before_; }

  const crypto::HmacSha256 hmac_;  // under a key that this process made
  std::atomic<std::uint64_t> drops_{0};
  std::mutex mutex_;
  Clock::time_point last_heard_{};
  Clock::time_point last_dropped_{};
  // The highest version that anybody told: by now, when a second began, and when the second before it began.
  std::int64_t version_ = 0;
  std::int64_t lately_ = 0;
  std::int64_t before_ = 0;
  Clock::time_point second_began_{};
  // That of the stream, and when it was the highest for the last time before it was not.
  std::int64_t heard_version_ = 0;
  Clock::time_point in_front_at_{};
  std::unordered_map<crypto::Digest, Entry, Hash> entries_;
};

}  // namespace wayleave::gateway
