#include "auth-service/service.h"

#include <string>

namespace wayleave::auth {
namespace {

constexpr char kAuthService[] = "wayleave.auth.v1.AuthService";
constexpr char kAdminService[] = "wayleave.auth.v1.AdminService";

template <class Request, class Response>
void Serve(rpc::Server& server, const char* service, const char* method, Core& core,
           Task<Result<Response>> (Core::*answer)(const Request&)) {
  server.Unary<Request, Response>(service, method, [&core, answer](rpc::ServerCall&, const Request& request) {
    return (core.*answer)(request);
  });
}

}  // namespace

Service::Service(Core& core, rpc::Server& server) : core_(core) {
  Serve(server, kAuthService, "Authenticate", core, &Core::Authenticate);
  Serve(server, kAuthService, "Reserve", core, &Core::Reserve);
  Serve(server, kAuthService, "Settle", core, &Core::Settle);
  Serve(server, kAdminService, "CreateKey", core, &Core::CreateKey);
  Serve(server, kAdminService, "ListKeys", core, &Core::ListKeys);
  Serve(server, kAdminService, "RevokeKey", core, &Core::RevokeKey);
  Serve(server, kAdminService, "ListUsage", core, &Core::ListUsage);
  server.Stream<v1::WatchRevocationsRequest>(
      kAuthService, "WatchRevocations",
      [this](rpc::ServerCall& call, const v1::WatchRevocationsRequest&) { return Watch(call); });
}

Task<Status> Service::Watch(rpc::ServerCall& call) {
  auto feed = std::make_shared<RevocationFeed>();
  Feeds::iterator place;
  if (!Enter(feed, place)) co_return Error{Code::kUnavailable, "auth-service is stopping"};
  {
    const auto subscription = core_.Subscribe([feed](const std::vector<std::string>& ids) { feed->Add(ids); });
    call.OnCancel([feed] { feed->End(); });
    co_await Relay(call, *feed);
    call.OnCancel({});
  }
  Leave(place);
  co_return Status{};
}

Task<void> Service::Relay(rpc::ServerCall& call, RevocationFeed& feed) {
  while (!feed.ended()) {
    const v1::WatchRevocationsResponse message = co_await feed.Next();
    if (!co_await call.Write(message)) co_return;
  }
}

bool Service::Enter(const std::shared_ptr<RevocationFeed>& feed, Feeds::iterator& place) {
  std::lock_guard lock(mutex_);
  if (!ending_) place = feeds_.insert(feeds_.end(), feed);
  return !ending_;
}

void Service::Leave(Feeds::iterator place) {
  std::lock_guard lock(mutex_);
  feeds_.erase(place);
}

void Service::EndStreams() {
  std::lock_guard lock(mutex_);
  ending_ = true;
  for (const auto& feed : feeds_) feed->End();
}

}  // namespace wayleave::auth
