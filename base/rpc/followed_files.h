#pragma once

#include <memory>
#include <string>
#include <thread>

#include "base/net/tls_server.h"
#include "base/rpc/peers.h"

namespace wayleave::rpc::detail {

// Copies of certificate files, in memory, which follow the files once a second, but only when these are good and fit
// each other: for gRPC's own class, which takes what it finds. Keys get to no other place on disk.
class FollowedFiles {
 public:
  // Throws std::runtime_error if the files can't be used.
  explicit FollowedFiles(const PeerTls& tls);
  ~FollowedFiles();
  FollowedFiles(const FollowedFiles&) = delete;
  FollowedFiles& operator=(const FollowedFiles&) = delete;

  // Where this process can read the copies, also after this is gone: gRPC lets go of them when it likes.
  std::string certificate() const { return PathOf(certificate_); }
  std::string key() const { return PathOf(key_); }
  // Empty for the system's authorities.
  std::string ca() const { return tls_.ca.empty() ? "" : PathOf(ca_); }

  // What was good last.
  const std::shared_ptr<net::TlsServerContext>& checked() const { return checked_; }

 private:
  static std::string PathOf(int copy) { return "/proc/self/fd/" + std::to_string(copy); }
  void Follow(const std::stop_token& stop);
  void CopyAll() const;

  const PeerTls tls_;
  const int certificate_, key_, ca_;
  std::shared_ptr<net::TlsServerContext> checked_;
  std::jthread thread_;
};

}  // namespace wayleave::rpc::detail
