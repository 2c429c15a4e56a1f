#pragma once

#include <optional>
#include <string>

#include "auth-service/identity/issuer_config.h"
#include "auth-service/identity/jwks_url.h"
#include "base/async/task.h"
#include "base/http/client.h"
#include "base/http/connection_pool.h"
#include "base/net/tls.h"
#include "base/result.h"

namespace wayleave::auth {

// Gets the text of one issuer's key set, from its file or by one GET: no redirects, at most kMaxJwksBytes, ten
// seconds for all of it.
//
// Built on any thread; the rest belongs to one worker. Failures have the reason "unreachable", "refused" (another
// status than 200) or "malformed" (too large), and a message for the operator.
class JwksFetch {
 public:
  // Throws std::runtime_error for a URL that can't be one or certificates that can't be read.
  explicit JwksFetch(const IssuerConfig& issuer);

  // One at a time. A file is read at once, on the worker's own thread: it is small, and should lie on a local disk.
  Task<Result<std::string>> Read();
  // What waits ends soon with a failure. Idempotent.
  void Cancel();

  bool is_file() const { return !file_.empty(); }

 private:
  Result<std::string> ReadFile() const;
  Task<Result<std::string>> ReadUrl();
  Task<Result<std::string>> ReadBody(http::Exchange& exchange);

  const std::string file_;
  std::string target_;
  std::optional<net::TlsContext> tls_;
  http::Origin origin_;
  http::Exchange* exchange_ = nullptr;  // the one in progress
};

}  // namespace wayleave::auth
