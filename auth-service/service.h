#pragma once

#include <list>
#include <memory>
#include <mutex>

#include "auth-service/core.h"
#include "auth-service/revocation_feed.h"
#include "base/rpc/server.h"

namespace wayleave::auth {

// The gRPC edge: registers AuthService and AdminService with the server, before it starts.
// The core and the service must outlive the server's calls.
class Service {
 public:
  Service(Core& core, rpc::Server& server);

  // Ends the streams of WatchRevocations, which would otherwise last as long as a drain may. Call it
  // before Server::Drain(). Main thread.
  void EndStreams();

 private:
  using Feeds = std::list<std::shared_ptr<RevocationFeed>>;

  Task<Status> Watch(rpc::ServerCall& call);
  Task<void> Relay(rpc::ServerCall& call, RevocationFeed& feed);
  bool Enter(const std::shared_ptr<RevocationFeed>& feed, Feeds::iterator& place);
  void Leave(Feeds::iterator place);

  Core& core_;
  std::mutex mutex_;
  bool ending_ = false;
  Feeds feeds_;
};

}  // namespace wayleave::auth
