#include "auth-service/service.h"

#include <string>

#include "auth-service/admin/methods.h"

namespace wayleave::auth {
namespace {

constexpr char kAuthService[] = "wayleave.auth.v1.AuthService";
constexpr char kAdminService[] = "wayleave.auth.v1.AdminService";
constexpr char kCallerService[] = "wayleave.auth.v1.CallerService";

template <class Request, class Response>
void Serve(rpc::Server& server, const char* method, Core& core,
           Task<Result<Response>> (Core::*answer)(const Request&)) {
  server.Unary<Request, Response>(kAuthService, method, [&core, answer](rpc::ServerCall&, const Request& request) {
    return (core.*answer)(request);
  });
}

std::string CredentialOf(const rpc::ServerCall& call) {
  constexpr std::string_view kScheme = "Bearer ";
  for (const auto& [name, value] : call.metadata()) {
    if (name == "authorization" && value.starts_with(kScheme)) return value.substr(kScheme.size());
  }
  return {};
}

template <class Request, class Response>
Task<Result<Response>> Administer(Core& core, const char* method, std::string credential, const Request& request) {
  Response response;
  Status done = co_await core.admin().Call(method, request, response, credential);
  if (!done) co_return std::move(done).error();
  co_return response;
}

template <class Request, class Response>
void ServeAdmin(rpc::Server& server, const char* method, Core& core) {
  server.Unary<Request, Response>(kAdminService, method, [&core, method](rpc::ServerCall& call, const Request& request) {
    return Administer<Request, Response>(core, method, CredentialOf(call), request);
  });
}

Task<Result<v1::DescribeCallerResponse>> Describe(const Core& core, std::string credential) {
  co_return core.admin().Describe(credential);
}

}  // namespace

Service::Service(Core& core, rpc::Server& server) : core_(core) {
  Serve(server, "Authenticate", core, &Core::Authenticate);
  Serve(server, "Reserve", core, &Core::Reserve);
  Serve(server, "Vacate", core, &Core::Vacate);
  Serve(server, "Settle", core, &Core::Settle);
#define WAYLEAVE_SERVE(NAME) ServeAdmin<v1::NAME##Request, v1::NAME##Response>(server, #NAME, core);
  WAYLEAVE_ADMIN_METHODS(WAYLEAVE_SERVE)
#undef WAYLEAVE_SERVE
  server.Unary<v1::DescribeCallerRequest, v1::DescribeCallerResponse>(
      kCallerService, "DescribeCaller",
      [&core](rpc::ServerCall& call, const v1::DescribeCallerRequest&) { return Describe(core, CredentialOf(call)); });
  server.Stream<v1::WatchRevocationsRequest>(
      kAuthService, "WatchRevocations",
      [this](rpc::ServerCall& call, const v1::WatchRevocationsRequest&) { return Watch(call); });
}

Task<Status> Service::Watch(rpc::ServerCall& call) {
  auto feed = std::make_shared<RevocationFeed>();
  Feeds::iterator place;
  if (!Enter(feed, place)) co_return Error{Code::kUnavailable, "auth-service is stopping"};
  {
    const auto subscription = core_.Subscribe(
        [feed](const std::vector<std::string>& ids, std::int64_t version) { feed->Add(ids, version); });
    feed->Begin(core_.version());
    call.OnCancel([feed] { feed->End(); });
    co_await Relay(call, *feed);
    call.OnCancel({});
  }
  Leave(place);
  co_return Status{};
}

// Who can't see changes is silent: whoever listens trusts nothing that was said before.
Task<void> Service::Relay(rpc::ServerCall& call, RevocationFeed& feed) {
  bool untold = false;
  while (!feed.ended()) {
    v1::WatchRevocationsResponse message = co_await feed.Next();
    const bool silent = !core_.SeesChanges();
    if (untold) message.set_drop_all(true);
    untold = silent;
    if (silent) continue;
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
