#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/async/deadline.h"
#include "base/net/address.h"
#include "base/net/stream.h"
#include "base/net/tls.h"

namespace wayleave::net {

class Socket;

// Where to connect.
struct Endpoint {
  std::string host;  // a name or an address, IPv6 without brackets
  int port = 0;
  const TlsContext* tls = nullptr;  // nullptr: plain TCP
};

// One attempt to get a connection: resolves, tries each address in turn within the time, shakes hands.
// Never connects to link-local or metadata addresses, whatever a name resolves to.
// Belongs to one worker; must outlive its task; used once.
class Connector {
 public:
  Connector();
  ~Connector();

  // kDeadlineExceeded when the time is up, kPermissionDenied for a forbidden address, kUnavailable for
  // the rest, kCancelled after Cancel(). The reason is "resolve" for a host without address, "tls" for a failed
  // handshake.
  Task<Result<std::unique_ptr<Stream>>> Connect(const Endpoint& endpoint, std::chrono::milliseconds timeout);
  void Cancel();

 private:
  struct Resolution;
  using Addresses = std::vector<Address>;

  Task<Result<Addresses>> Resolve(const Endpoint& endpoint);
  Task<Result<std::unique_ptr<Stream>>> TryEach(const Endpoint& endpoint, const Addresses& addresses);
  Task<Result<std::unique_ptr<Stream>>> TryOne(const Endpoint& endpoint, const Address& address);
  void OnDeadline();
  void Abort();

  Deadline deadline_;
  Deadline::Clock::time_point until_;
  std::shared_ptr<Resolution> resolution_;
  Socket* socket_ = nullptr;  // the one that connects now
  Stream* stream_ = nullptr;  // the one that shakes hands now
  bool cancelled_ = false;
};

// The same for callers that never cancel.
Task<Result<std::unique_ptr<Stream>>> Connect(std::string host, int port, const TlsContext* tls,
                                              std::chrono::milliseconds timeout);

}  // namespace wayleave::net
