#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>

#include "base/result.h"

struct ssl_ctx_st;

namespace wayleave::net {

// Whether those who connect are asked for a certificate.
enum class ClientCertificates {
  kNone,
  kOptional,  // they may come without one; one that is not good is refused all the same
  kRequired,
};

// The files, in PEM, that a server by TLS stands on.
struct TlsServerConfig {
  std::string certificate;  // the server's own first, then those between it and the root
  std::string key;          // unencrypted
  std::string client_ca;    // who vouches for clients, roots or not; empty: nobody is asked
  ClientCertificates client_certificates = ClientCertificates::kNone;
};

// How we show ourselves to those who call us by TLS (1.2 and newer, HTTP/1.1 as the protocol), and how we check their
// certificates. Follows its files: what was accepted before a change keeps what it began with, also the sessions, which
// can't be resumed after it. Any thread; reads files on the one that asks.
class TlsServerContext {
 public:
  // The error names the file and says what to do about it.
  static Result<std::unique_ptr<TlsServerContext>> Load(TlsServerConfig config);

  // What a new connection begins with; never null.
  std::shared_ptr<ssl_ctx_st> Current() const;

  // Looks, at most once a second, whether the files have changed, and then loads them: true if they are in force now.
  // If they are not good the old ones stay, and the same files give that error only once.
  Result<bool> Refresh();
  // Loads them whether they have changed or not. A failure leaves the old ones in force.
  Status Reload();

  // When the certificate in force ends.
  std::chrono::system_clock::time_point not_after() const;

 private:
  using Clock = std::chrono::steady_clock;
  explicit TlsServerContext(TlsServerConfig config) : config_(std::move(config)) {}
  std::string Look() const;
  bool ItIsTimeToLook();

  const TlsServerConfig config_;
  std::atomic<Clock::duration::rep> looked_at_{0};
  std::mutex loading_;  // held while files are read
  std::string look_;    // of the files that were loaded or refused last
  mutable std::mutex current_mutex_;
  std::shared_ptr<ssl_ctx_st> current_;
};

}  // namespace wayleave::net
