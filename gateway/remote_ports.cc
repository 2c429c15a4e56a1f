#include "gateway/remote_ports.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "base/log/log.h"

namespace wayleave::gateway {
namespace {

constexpr const char* kAuthenticate = "/wayleave.auth.v1.AuthService/Authenticate";
constexpr const char* kReserve = "/wayleave.auth.v1.AuthService/Reserve";
constexpr const char* kVacate = "/wayleave.auth.v1.AuthService/Vacate";
constexpr const char* kSettle = "/wayleave.auth.v1.AuthService/Settle";
constexpr const char* kWatch = "/wayleave.auth.v1.AuthService/WatchRevocations";
constexpr const char* kRoute = "/wayleave.router.v1.RouterService/Route";
constexpr const char* kExplain = "/wayleave.router.v1.RouterService/Explain";
constexpr const char* kListModels = "/wayleave.router.v1.RouterService/ListModels";
constexpr const char* kReportOutcome = "/wayleave.router.v1.RouterService/ReportOutcome";
constexpr const char* kDescribeCaller = "/wayleave.auth.v1.CallerService/DescribeCaller";
constexpr const char* kListTargets = "/wayleave.router.v1.TargetService/ListTargets";
constexpr const char* kGenerate = "/wayleave.provider.v1.ProviderService/Generate";

constexpr std::chrono::milliseconds kAdminTime{30000};
constexpr std::chrono::milliseconds kLookTime{2000};
constexpr std::chrono::milliseconds kWatchPause{100};
constexpr std::chrono::milliseconds kWatchSilence{1000};

// Maps are written in the order of their keys, so that equal facts have equal bytes.
std::string Facts(const router::v1::RouteRequest& request) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream out(&stream);
    out.SetSerializationDeterministic(true);
    request.SerializeToCodedStream(&out);
  }
  return bytes;
}

// Counts the replicas that did not hear of it; fails if none did.
template <class Response, class Request>
Task<Status> TellAll(rpc::Fanout& all, const char* method, const Request& request, const rpc::CallContext& context,
                     prometheus::Counter& unheard) {
  auto call = all.Call<Response>(method, request, context);
  const rpc::Tally tally = co_await call;
  unheard.Increment(tally.failed);
  if (tally.answered == 0) co_return tally.failure;
  co_return Status();
}

class RemoteGeneration : public Generation {
 public:
  RemoteGeneration(rpc::Channel& channel, const provider::v1::GenerateRequest& request, const rpc::CallContext& context)
      : stream_(request.stream() ? channel.Open(kGenerate, request, context)
                                 : channel.OpenSingle(kGenerate, request, context)) {}
  Task<bool> Next(provider::v1::GenerateResponse& piece) override { return stream_.Read(piece); }
  void Cancel() override { stream_.Cancel(); }
  const Status& status() const override { return stream_.status(); }

 private:
  rpc::RawStream stream_;
};

}  // namespace

RemoteAuth::RemoteAuth(rpc::Channel& channel, rpc::Fanout& all, WorkerPool& workers, metrics::Registry& registry)
    : channel_(channel),
      all_(all),
      home_(workers[0]),
      unheard_(registry.Counter("wayleave_gateway_vacates_unheard_total",
                                "Ends of requests that a replica of auth-service did not hear of: the places of those "
                                "that it holds come free as they are charged.")),
      lookups_(registry, "principal"),
      vouched_(
          [this](const auth::v1::AuthenticateRequest& request, const rpc::CallContext& context) {
            return channel_.Call<auth::v1::AuthenticateResponse>(kAuthenticate, request, context);
          },
          &lookups_) {}

void RemoteAuth::Start() {
  home_.Post([this] { watch_.Spawn(Watch()); });
}

void RemoteAuth::Stop() {
  RunOn(home_, [this]() -> Task<void> {
    stopping_ = true;
    if (stream_) stream_->Cancel();
    return watch_.Empty();
  });
}

Task<void> RemoteAuth::Watch() {
  while (!stopping_) {
    const auth::v1::WatchRevocationsRequest request;
    rpc::RawStream stream = channel_.Open(kWatch, request, {});
    stream_ = &stream;
    // A stream that says nothing is as good as broken: it is opened anew.
    Deadline silence(home_.deadlines(), [&stream] { stream.Cancel(); });
    auth::v1::WatchRevocationsResponse message;
    for (;;) {
      silence.Set(kWatchSilence);
      const bool heard = co_await stream.Read(message);
      if (!heard) break;
      vouched_.cache().Heard(message, PrincipalCache::Clock::now());
      if (vouched_.cache().HearsOldNews()) break;
    }
    stream_ = nullptr;
    if (!stopping_) co_await Sleep(kWatchPause);
  }
}

Task<Result<auth::v1::AuthenticateResponse>> RemoteAuth::Authenticate(const auth::v1::AuthenticateRequest& request,
                                                                      const rpc::CallContext& context) {
  return vouched_.Authenticate(request, context);
}

Task<Result<auth::v1::ReserveResponse>> RemoteAuth::Reserve(const auth::v1::ReserveRequest& request,
                                                            const rpc::CallContext& context) {
  return channel_.Call<auth::v1::ReserveResponse>(kReserve, request, context);
}

Task<Status> RemoteAuth::Vacate(const auth::v1::VacateRequest& request, const rpc::CallContext& context) {
  return TellAll<auth::v1::VacateResponse>(all_, kVacate, request, context, unheard_);
}

Task<Result<auth::v1::SettleResponse>> RemoteAuth::Settle(const auth::v1::SettleRequest& request,
                                                          const rpc::CallContext& context) {
  return channel_.Call<auth::v1::SettleResponse>(kSettle, request, context);
}

// A change that may have been made must not be made again.
Task<Status> RemoteAdmin::Call(std::string_view method, const google::protobuf::Message& request,
                               google::protobuf::Message& response, const AdminCaller& caller) {
  const std::string path = "/wayleave.auth.v1.AdminService/" + std::string(method);
  rpc::CallContext context;
  context.request_id = caller.request_id;
  context.bearer = caller.credential;
  co_return co_await channel_.CallOnce(path.c_str(), request, response, context.Within(kAdminTime));
}

Task<Result<auth::v1::DescribeCallerResponse>> RemoteAdmin::Describe(const AdminCaller& caller) {
  const auth::v1::DescribeCallerRequest request;
  rpc::CallContext context;
  context.request_id = caller.request_id;
  context.bearer = caller.credential;
  auto call = channel_.Call<auth::v1::DescribeCallerResponse>(kDescribeCaller, request, context.Within(kLookTime));
  co_return co_await call;
}

Task<Result<router::v1::ListTargetsResponse>> RemoteTargets::ListTargets() {
  const router::v1::ListTargetsRequest request;
  const rpc::CallContext context = rpc::CallContext().Within(kLookTime);
  auto call = channel_.Call<router::v1::ListTargetsResponse>(kListTargets, request, context);
  co_return co_await call;
}

RemoteRouter::RemoteRouter(rpc::Channel& channel, rpc::Fanout& all, metrics::Registry& registry)
    : channel_(channel),
      all_(all),
      unheard_(registry.Counter("wayleave_gateway_outcome_reports_unheard_total",
                                "Reports of an outcome that a replica of the router did not take.")),
      lookups_(registry, "decision") {}

Task<Result<router::v1::RouteResponse>> RemoteRouter::Route(const router::v1::RouteRequest& request,
                                                            const rpc::CallContext& context) {
  std::string facts = Facts(request);
  auto known = decisions_.Find(facts, DecisionCache::Clock::now());
  lookups_.Note(known.has_value());
  if (known) co_return std::move(*known);
  const std::uint64_t drops = decisions_.drops();
  auto answer = co_await channel_.Call<router::v1::RouteResponse>(kRoute, request, context);
  if (answer) decisions_.Keep(std::move(facts), *answer, drops, DecisionCache::Clock::now());
  co_return answer;
}

Task<Result<router::v1::ExplainResponse>> RemoteRouter::Explain(const router::v1::ExplainRequest& request,
                                                                const rpc::CallContext& context) {
  return channel_.Call<router::v1::ExplainResponse>(kExplain, request, context);
}

Task<Result<router::v1::ListModelsResponse>> RemoteRouter::ListModels(const router::v1::ListModelsRequest& request,
                                                                      const rpc::CallContext& context) {
  return channel_.Call<router::v1::ListModelsResponse>(kListModels, request, context);
}

Task<Result<router::v1::ReportOutcomeResponse>> RemoteRouter::ReportOutcome(
    const router::v1::ReportOutcomeRequest& request, const rpc::CallContext& context) {
  auto call = TellAll<router::v1::ReportOutcomeResponse>(all_, kReportOutcome, request, context, unheard_);
  Status told = co_await call;
  // Not before the replicas know of it: their decisions until then would be the old ones.
  if (!request.ok()) decisions_.Drop(request.provider(), request.model());
  if (!told) co_return std::move(told).error();
  co_return router::v1::ReportOutcomeResponse();
}

std::unique_ptr<Generation> RemoteProvider::Generate(provider::v1::GenerateRequest request,
                                                     const rpc::CallContext& context) {
  return std::make_unique<RemoteGeneration>(channel_, request, context);
}

}  // namespace wayleave::gateway
