#pragma once

#include <memory>
#include <optional>
#include <string>

#include "auth-service/admin/admin.h"
#include "auth-service/audit/trail.h"
#include "auth-service/config.h"
#include "auth-service/housekeeper.h"
#include "auth-service/identity/key_ring.h"
#include "auth-service/identity/token_verifier.h"
#include "auth-service/ledger/ledger.h"
#include "auth-service/probe.h"
#include "auth-service/rounds.h"
#include "auth-service/settling.h"
#include "auth-service/store/store.h"
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
// the workers must outlive it. What another process changes is noticed within 200 ms.
class Core {
 public:
  // Opens the store that the configuration names, and reads who is known.
  static Result<std::unique_ptr<Core>> Open(const Config& config, metrics::Registry& registry,
                                            Clock clock = std::chrono::system_clock::now);
  // The same on a store of the caller's choice; `secret` is what digests of keys are made with.
  static Result<std::unique_ptr<Core>> Open(const Config& config, std::unique_ptr<Store> store,
                                            const std::string& secret, metrics::Registry& registry, Clock clock);
  ~Core();

  // Begins to read the keys of those who issue tokens; without it no token is good. The workers must run until Stop() has
  // returned. Main thread.
  Status Start(WorkerPool& workers) { return tokens_.Start(workers); }
  void Stop() { tokens_.Stop(); }

  // Never waits: one keyed digest, one lookup; or, for a token, one check of a signature.
  Task<Result<v1::AuthenticateResponse>> Authenticate(const v1::AuthenticateRequest& request);
  Task<Result<v1::ReserveResponse>> Reserve(const v1::ReserveRequest& request);
  Task<Result<v1::VacateResponse>> Vacate(const v1::VacateRequest& request);
  Task<Result<v1::SettleResponse>> Settle(const v1::SettleRequest& request);
  Admin& admin() { return admin_; }
  const Admin& admin() const { return admin_; }

  // For a process that holds the only gateway, too: once `settled` says that every record of an earlier life is settled,
  // what earlier lives had leased of budgets goes back, because nobody can charge it any more. Called on a thread of the
  // core's until it says so, or takes an empty one back. Any thread.
  void WhenSettled(std::function<bool()> settled) { rounds_.WhenSettled(std::move(settled)); }

  // What the configuration says of tenants now; in force within 200 ms. Any thread.
  void Configure(KeyTable::Configured tenants) { ring_.Configure(std::move(tenants)); }

  // Tells the ids of keys whose principals must no longer be trusted, on a thread of the core's; see
  // KeyRing. Any thread. The subscription must not outlive the core.
  std::unique_ptr<KeyRing::Subscription> Subscribe(KeyRing::Listener listener);
  // Of the rights by which is judged now, and whether these are surely those of a second ago. Any thread.
  std::int64_t version() const { return ring_.Now()->version(); }
  bool SeesChanges() const { return ring_.SeesChanges(); }

  // Makes a key if there has never been one and the environment gives none. The secret is told this once,
  // for the caller to print. Blocks; main thread.
  Result<std::optional<v1::CreateKeyResponse>> EnsureFirstKey();
  // Whether anybody at all can get in now, and whether one of those could be by guessing.
  bool HasUsableKey() const;
  bool HasSampleKey() const { return has_sample_key_; }

 private:
  Core(const Config& config, std::unique_ptr<Store> store, std::unique_ptr<Trail> trail, const std::string& secret,
       metrics::Registry& registry, Clock clock);

  Result<v1::AuthenticateResponse> Identify(const v1::AuthenticateRequest& request) const;
  Result<v1::AuthenticateResponse> IdentifyKey(const std::string& secret) const;
  Result<v1::AuthenticateResponse> IdentifyToken(const std::string& token) const;
  Result<v1::AuthenticateResponse> IdentifyCertificate(const v1::ClientCertificate& certificate) const;
  Result<v1::AuthenticateResponse> Welcome(const KeyTable& table, v1::Principal principal, Time until) const;
  Result<Caller> IdentifyCaller(std::string_view credential) const;
  Task<Result<v1::ReserveResponse>> Hold(const v1::ReserveRequest& request);
  Task<Result<v1::SettleResponse>> Record(const v1::SettleRequest& request);
  void LookNow();

  const Clock clock_;
  const Config config_;
  const bool has_environment_key_;
  const bool has_sample_key_;
  const crypto::HmacSha256 hmac_;
  Probe probe_;
  Housekeeper housekeeper_;
  const std::unique_ptr<Trail> trail_;
  // After the housekeeper, so that it goes first: what it finishes may still ask for a look.
  std::unique_ptr<Store> store_;
  Ledger ledger_;
  Settling settling_;
  KeyRing ring_;
  Rounds rounds_;
  TokenVerifier tokens_;
  Admin admin_;
};

}  // namespace wayleave::auth
