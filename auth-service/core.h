#pragma once

#include <memory>
#include <optional>
#include <string>

#include "auth-service/config.h"
#include "auth-service/housekeeper.h"
#include "auth-service/key_ring.h"
#include "auth-service/probe.h"
#include "auth-service/reservations.h"
#include "auth-service/store.h"
#include "base/async/task.h"
#include "base/crypto/digest.h"
#include "base/metrics/registry.h"
#include "base/result.h"
#include "wayleave/auth/v1/auth.pb.h"

namespace wayleave::auth {

// Who is calling, and how much they may use: the answers of auth.proto, without a network.
//
// Open and destroy it on the main thread. The calls may be made on any worker, several at once; requests
// live until their call ends, and no call may be in progress when the core is destroyed. The registry and
// the workers must outlive it. Keys that another process adds or revokes are noticed within 200 ms.
class Core {
 public:
  // Opens the state directory, or makes it, and reads the keys.
  static Result<std::unique_ptr<Core>> Open(const Config& config, metrics::Registry& registry,
                                            Clock clock = std::chrono::system_clock::now);
  // The same on a store of the caller's choice; `secret` is what digests of keys are made with.
  static Result<std::unique_ptr<Core>> Open(const Config& config, std::unique_ptr<Store> store,
                                            const std::string& secret, metrics::Registry& registry, Clock clock);
  ~Core();

  // Never waits: one keyed digest, one lookup.
  Task<Result<v1::AuthenticateResponse>> Authenticate(const v1::AuthenticateRequest& request);
  Task<Result<v1::ReserveResponse>> Reserve(const v1::ReserveRequest& request);
  Task<Result<v1::SettleResponse>> Settle(const v1::SettleRequest& request);
  Task<Result<v1::CreateKeyResponse>> CreateKey(const v1::CreateKeyRequest& request);
  Task<Result<v1::ListKeysResponse>> ListKeys(const v1::ListKeysRequest& request);
  Task<Result<v1::RevokeKeyResponse>> RevokeKey(const v1::RevokeKeyRequest& request);
  Task<Result<v1::ListUsageResponse>> ListUsage(const v1::ListUsageRequest& request);

  // Tells the ids of keys whose principals must no longer be trusted, on a thread of the core's; see
  // KeyRing. Any thread. The subscription must not outlive the core.
  std::unique_ptr<KeyRing::Subscription> Subscribe(KeyRing::Listener listener);

  // Makes a key if there has never been one and the environment gives none. The secret is told this once,
  // for the caller to print. Blocks; main thread.
  Result<std::optional<v1::CreateKeyResponse>> EnsureFirstKey();
  // Whether anybody at all can get in now, and whether one of those could be by guessing.
  bool HasUsableKey() const;
  bool HasSampleKey() const { return has_sample_key_; }

 private:
  Core(const Config& config, std::unique_ptr<Store> store, const std::string& secret, metrics::Registry& registry,
       Clock clock);

  Result<v1::AuthenticateResponse> Identify(const v1::AuthenticateRequest& request) const;
  Result<v1::ReserveResponse> Hold(const v1::ReserveRequest& request);
  Task<Result<v1::SettleResponse>> Record(const v1::SettleRequest& request);
  Task<Result<v1::CreateKeyResponse>> MakeAndStore(const v1::CreateKeyRequest& request);
  Task<Result<v1::RevokeKeyResponse>> Revoke(const v1::RevokeKeyRequest& request);
  Task<Result<v1::ListUsageResponse>> ReadUsage(const v1::ListUsageRequest& request);
  Task<void> LookNow();
  void Round();
  void Look();

  const Clock clock_;
  const std::chrono::milliseconds cache_max_age_;
  const bool has_environment_key_;
  const bool has_sample_key_;
  const crypto::HmacSha256 hmac_;
  Probe probe_;
  Reservations reservations_;
  bool look_failed_ = false;
  Housekeeper housekeeper_;
  // After the housekeeper, so that it goes first: what it finishes may still ask for a look.
  std::unique_ptr<Store> store_;
  KeyRing ring_;
};

}  // namespace wayleave::auth
