#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "auth-service/identity/issuer_config.h"
#include "auth-service/identity/jwks_source.h"
#include "auth-service/identity/token.h"
#include "auth-service/identity/token_identity.h"
#include "auth-service/time.h"
#include "base/async/worker.h"
#include "base/metrics/registry.h"
#include "base/result.h"

namespace wayleave::auth {

// Tells by a JWT who is calling, for the issuers that are configured.
//
// Built, started, stopped and destroyed on the main thread; the workers must be running until Stop() has returned,
// and the registry outlive the verifier. LooksLikeToken() and Verify() may be called on any thread, also before
// Start() and after Stop().
class TokenVerifier {
 public:
  // Throws std::runtime_error if the certificates of a `ca_file` can't be read or a `jwks_url` can't be one.
  TokenVerifier(std::vector<IssuerConfig> issuers, metrics::Registry& registry);
  ~TokenVerifier();

  // Whether a credential is for Verify(), and no API key.
  bool LooksLikeToken(std::string_view credential) const;

  // Never waits and does no I/O: one signature against the keys as they are. Failures are kUnauthenticated with the
  // reason "invalid_token", or, before an issuer's keys were ever read, kUnavailable with "keys_unavailable" and a
  // retry time. A message says what is wrong, and repeats nothing of the token. A key that is not known is asked for
  // in the background, so the same token may pass a moment later.
  Result<TokenIdentity> Verify(std::string_view token, Time now) const;

  // Begins to read the keys. Those in files are there when it returns; the failure is that of the first file that
  // can't be used, and the verifier runs all the same. Once.
  Status Start(WorkerPool& workers);
  // Ends the reading; the keys stay. Idempotent.
  void Stop();

 private:
  struct Issuer {
    Issuer(IssuerConfig config, metrics::Registry& registry);
    const IssuerConfig config;
    const std::set<std::string, std::less<>> algorithms;
    JwksSource source;
  };

  static Status CheckSignature(const Token& token, Issuer& issuer, Time now);

  std::map<std::string, std::unique_ptr<Issuer>, std::less<>> issuers_;  // by the claim `iss`
};

}  // namespace wayleave::auth
