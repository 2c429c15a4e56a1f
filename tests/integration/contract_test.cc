// The same scenarios against the services' cores called directly and against the same cores over gRPC: one
// process and the fleet must not differ in anything but price.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "auth-service/admin/local_desk.h"
#include "auth-service/config_tenants.h"
#include "auth-service/service.h"
#include "base/rpc/client.h"
#include "base/rpc/server.h"
#include "deploy/local_ports.h"
#include "gateway/remote_ports.h"
#include "provider-service/service.h"
#include "router-service/service.h"

namespace wayleave {
namespace {

using std::chrono::milliseconds;

enum class Shape { kOneProcess, kFleet };

constexpr char kFile[] =
    "providers: {demo: {type: demo}}\n"
    "models: {helper: {targets: [demo/demo], aliases: [assistant], context_window: 4096}}\n"
    "tenants: {narrow: {limits: {concurrent: 1}}}\n";

class Services {
 public:
  Services() : directory_(MakeDirectory()), root_(config::Document::Parse(kFile)) {
    auth::Config& auth_config = auth_config_;
    auth_config.state_dir = directory_;
    auth_config.proxy_api_key = "key-of-the-test";
    auth_config.tenants = auth::ReadTenants(root_.Child("tenants"));
    auth_ = std::move(auth::Core::Open(auth_config, registry_).value());
    provider_ = std::make_unique<provider::Core>(provider::ReadConfig(root_), workers_.size(), registry_);
    const router::RoutingConfig routing = router::ReadConfig(root_, {"demo"}).routing;
    router_ = std::make_unique<router::Core>(routing, [routing] { return routing; }, registry_);
  }
  ~Services() {
    workers_.StopAndJoin();
    provider_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  WorkerPool& workers() { return workers_; }
  auth::Core& auth() { return *auth_; }
  // What somebody does at the machine's command line.
  auth::LocalDesk& desk() {
    if (!desk_) desk_ = std::move(auth::LocalDesk::Open(auth_config_).value());
    return *desk_;
  }
  router::Core& router() { return *router_; }
  provider::Core& provider() { return *provider_; }

 private:
  static std::string MakeDirectory() {
    std::string pattern = ::testing::TempDir() + "contractXXXXXX";
    return mkdtemp(pattern.data());
  }

  const std::string directory_;
  config::Section root_;
  metrics::Registry registry_{"contract"};
  auth::Config auth_config_;
  std::unique_ptr<auth::Core> auth_;
  std::unique_ptr<auth::LocalDesk> desk_;
  std::unique_ptr<provider::Core> provider_;
  std::unique_ptr<router::Core> router_;
  WorkerPool workers_{2};
};

class Contract : public ::testing::TestWithParam<Shape> {
 protected:
  Contract() {
    if (GetParam() == Shape::kFleet) {
      Connect();
    } else {
      auth_ = std::make_unique<deploy::LocalAuth>(services_.auth());
      router_ = std::make_unique<deploy::LocalRouter>(services_.router());
      provider_ = std::make_unique<deploy::LocalProvider>(services_.provider());
    }
  }
  ~Contract() override {
    if (remote_auth_) remote_auth_->Stop();
    if (edge_) edge_->EndStreams();
    if (server_) server_->Drain(milliseconds(1000));
  }

  void Connect() {
    WorkerPool& workers = services_.workers();
    server_.emplace(workers, rpc::ServerConfig{});
    edge_.emplace(services_.auth(), *server_);
    router::Register(*server_, services_.router());
    provider::Register(*server_, services_.provider());
    const int port = server_->Start().value();
    runtime_.emplace(workers);
    channel_.emplace(*runtime_, rpc::ChannelConfig{"127.0.0.1:" + std::to_string(port)});
    every_auth_.emplace(*runtime_, rpc::FanoutConfig{"127.0.0.1:" + std::to_string(port)});
    auto auth = std::make_unique<gateway::RemoteAuth>(*channel_, *every_auth_, workers, registry_);
    remote_auth_ = auth.get();
    remote_auth_->Start();
    auth_ = std::move(auth);
    every_router_.emplace(*runtime_, rpc::FanoutConfig{"127.0.0.1:" + std::to_string(port)});
    router_ = std::make_unique<gateway::RemoteRouter>(*channel_, *every_router_, registry_);
    provider_ = std::make_unique<gateway::RemoteProvider>(*channel_);
  }

  // Runs a scenario on a worker, as the gateway does.
  void OnWorker(Task<void> (*scenario)(Contract&)) {
    RunOn(services_.workers()[1], [&] { return scenario(*this); });
  }

 public:
  Services services_;
  std::optional<rpc::Server> server_;
  std::optional<auth::Service> edge_;
  std::optional<rpc::ClientRuntime> runtime_;
  std::optional<rpc::Channel> channel_;
  std::optional<rpc::Fanout> every_auth_;
  std::optional<rpc::Fanout> every_router_;
  metrics::Registry registry_{"gateway"};
  gateway::RemoteAuth* remote_auth_ = nullptr;
  std::unique_ptr<gateway::AuthPort> auth_;
  std::unique_ptr<gateway::RouterPort> router_;
  std::unique_ptr<gateway::ProviderPort> provider_;
};

auth::v1::AuthenticateRequest Key(const std::string& key) {
  auth::v1::AuthenticateRequest request;
  request.set_api_key(key);
  return request;
}

Task<void> Identity(Contract& t) {
  const rpc::CallContext context = rpc::CallContext{}.Within(milliseconds(5000));
  const auth::v1::AuthenticateRequest good = Key("key-of-the-test");
  const auth::v1::AuthenticateRequest bad = Key("wl_wrong");

  for (int again = 0; again < 3; ++again) {
    auto who = co_await t.auth_->Authenticate(good, context);
    auto nobody = co_await t.auth_->Authenticate(bad, context);

    EXPECT_TRUE(who.ok() && who->principal().tenant() == "default");
    EXPECT_FALSE(nobody.ok());
    if (nobody.ok()) continue;
    EXPECT_EQ(nobody.error().code, Code::kUnauthenticated);
    EXPECT_EQ(nobody.error().reason, "invalid_api_key");
    EXPECT_EQ(nobody.error().message.find("wl_wrong"), std::string::npos);
  }
}

TEST_P(Contract, AGoodKeyIsKnownAndABadOneIsRefusedWithItsReason) { OnWorker(Identity); }

Task<void> MakeAndRevoke(Contract& t) {
  const rpc::CallContext context = rpc::CallContext{}.Within(milliseconds(20000));
  auth::v1::CreateKeyRequest wanted;
  wanted.mutable_key()->set_name("short-lived");
  auth::LocalDesk& desk = t.services_.desk();
  auto made = desk.desk().CreateKey(wanted, desk.caller());
  EXPECT_TRUE(made.ok());
  if (!made) co_return;
  const auth::v1::AuthenticateRequest key = Key(made->secret());
  bool known = false;
  for (int i = 0; i < 1000 && !known; ++i) {
    auto before = co_await t.auth_->Authenticate(key, context);
    known = before.ok();
    if (!known) co_await Sleep(milliseconds(5));
  }
  EXPECT_TRUE(known);

  auth::v1::RevokeKeyRequest revoke;
  revoke.set_id(made->key().id());
  auto revoked = desk.desk().RevokeKey(revoke, desk.caller());
  EXPECT_TRUE(revoked.ok());
  const auto start = std::chrono::steady_clock::now();
  bool dead = false;
  while (!dead && std::chrono::steady_clock::now() - start < std::chrono::seconds(5)) {
    auto after = co_await t.auth_->Authenticate(key, context);
    dead = !after.ok();
    if (!dead) co_await Sleep(milliseconds(5));
  }

  EXPECT_TRUE(dead);
}

TEST_P(Contract, ARevokedKeyIsDeadWithinASecond) { OnWorker(MakeAndRevoke); }

Task<void> Routes(Contract& t) {
  const rpc::CallContext context = rpc::CallContext{}.Within(milliseconds(5000));
  for (const char* name : {"helper", "assistant", "demo/anything"}) {
    router::v1::RouteRequest request;
    request.set_model(name);
    auto route = co_await t.router_->Route(request, context);
    EXPECT_TRUE(route.ok()) << name;
    if (route) {
      EXPECT_EQ(route->targets(0).provider(), "demo");
    }
  }
  t.services_.router().Learn({});
  router::v1::RouteRequest unknown;
  unknown.set_model("nobody");
  auto refused = co_await t.router_->Route(unknown, context);
  EXPECT_FALSE(refused.ok());
  if (!refused) {
    EXPECT_EQ(refused.error().code, Code::kNotFound);
    EXPECT_EQ(refused.error().reason, "model_not_found");
    EXPECT_NE(refused.error().message.find("helper"), std::string::npos);
  }
  const router::v1::ListModelsRequest all;
  auto models = co_await t.router_->ListModels(all, context);
  EXPECT_TRUE(models.ok() && models->models_size() >= 1 && models->models(0).context_window() == 4096);
  router::v1::RouteRequest known;
  known.set_model("helper");
  auto route = co_await t.router_->Route(known, context);
  EXPECT_TRUE(route.ok() && models.ok() && !models->etag().empty() && route->models_etag() == models->etag());
}

TEST_P(Contract, RoutesAndRefusalsAreTheSame) { OnWorker(Routes); }

Task<void> ReserveAndSettle(Contract& t) {
  const rpc::CallContext context = rpc::CallContext{}.Within(milliseconds(5000));
  auth::v1::SettleRequest batch;
  auth::v1::Settlement& settlement = *batch.add_settlements();
  settlement.set_reservation_id("rsv_1");
  settlement.set_tenant("default");
  settlement.set_outcome(auth::v1::OUTCOME_COMPLETED);
  settlement.mutable_usage()->set_output_tokens(7);

  auto first = co_await t.auth_->Settle(batch, context);
  auto second = co_await t.auth_->Settle(batch, context);
  const auth::v1::ListUsageRequest all;
  auth::LocalDesk& desk = t.services_.desk();
  auto usage = desk.desk().ListUsage(all, desk.caller());

  EXPECT_TRUE(first.ok() && first->recorded() == 1 && first->duplicates() == 0);
  EXPECT_TRUE(second.ok() && second->recorded() == 0 && second->duplicates() == 1);
  EXPECT_TRUE(usage.ok() && usage->records_size() == 1 && usage->records(0).usage().output_tokens() == 7);
}

TEST_P(Contract, UsageIsChargedOnceHoweverOftenItIsSent) { OnWorker(ReserveAndSettle); }

Task<void> ReserveAndVacate(Contract& t) {
  const rpc::CallContext context = rpc::CallContext{}.Within(milliseconds(5000));
  auth::v1::ReserveRequest first;
  first.set_reservation_id("rsv_p1");
  first.mutable_principal()->set_tenant("narrow");
  auth::v1::ReserveRequest second = first;
  second.set_reservation_id("rsv_p2");
  auth::v1::VacateRequest ended;
  ended.set_reservation_id("rsv_p1");

  auto held = co_await t.auth_->Reserve(first, context);
  auto refused = co_await t.auth_->Reserve(second, context);
  auto vacated = co_await t.auth_->Vacate(ended, context);
  auto next = co_await t.auth_->Reserve(second, context);
  auto again = co_await t.auth_->Vacate(ended, context);

  EXPECT_TRUE(held.ok());
  EXPECT_TRUE(!refused.ok() && refused.error().code == Code::kResourceExhausted);
  EXPECT_TRUE(vacated.ok());
  EXPECT_TRUE(next.ok());
  EXPECT_TRUE(again.ok());
}

TEST_P(Contract, WhoHasEndedMakesRoomForTheNext) { OnWorker(ReserveAndVacate); }

provider::v1::GenerateRequest Ask(bool stream) {
  provider::v1::GenerateRequest request;
  request.set_provider("demo");
  request.set_model("demo");
  request.set_endpoint(provider::v1::ENDPOINT_RESPONSES);
  request.set_body(R"({"model":"helper","input":"Hello"})");
  request.set_client_model("helper");
  request.set_stream(stream);
  return request;
}

Task<void> Generations(Contract& t) {
  for (const bool stream : {true, false}) {
    const rpc::CallContext context;
    provider::v1::GenerateRequest request = Ask(stream);
    auto generation = t.provider_->Generate(std::move(request), context);
    std::string answer;
    int heads = 0;
    int ends = 0;
    provider::v1::GenerateResponse piece;
    for (;;) {
      const bool more = co_await generation->Next(piece);
      if (!more) break;
      heads += piece.has_head();
      ends += piece.has_end();
      answer += piece.data();
      EXPECT_FALSE(piece.has_failure());
      if (piece.has_end()) {
        EXPECT_GT(piece.end().usage().output_tokens(), 0);
      }
      piece.Clear();
    }
    EXPECT_TRUE(generation->status().ok());
    EXPECT_EQ(heads, 1);
    EXPECT_EQ(ends, 1);
    EXPECT_NE(answer.find("script, not a language model"), std::string::npos) << answer;
    EXPECT_EQ(answer.find("event: response.completed") != std::string::npos, stream);
  }
}

TEST_P(Contract, StreamsAndDocumentsArriveWhole) { OnWorker(Generations); }

Task<void> CancelInTheMiddle(Contract& t) {
  const rpc::CallContext context;
  provider::v1::GenerateRequest request = Ask(true);
  auto generation = t.provider_->Generate(std::move(request), context);
  provider::v1::GenerateResponse piece;
  const bool began = co_await generation->Next(piece);
  EXPECT_TRUE(began);

  generation->Cancel();

  int more = 0;
  for (;;) {
    piece.Clear();
    const bool got = co_await generation->Next(piece);
    if (!got) break;
    EXPECT_FALSE(piece.has_end());
    ++more;
  }
  EXPECT_LE(more, 2);  // what was on its way
}

TEST_P(Contract, ACancelledGenerationEnds) { OnWorker(CancelInTheMiddle); }

Task<void> UnknownProvider(Contract& t) {
  const rpc::CallContext context;
  provider::v1::GenerateRequest request = Ask(false);
  request.set_provider("nobody");
  auto generation = t.provider_->Generate(std::move(request), context);
  provider::v1::GenerateResponse piece;
  const bool got = co_await generation->Next(piece);

  EXPECT_TRUE(!got || piece.has_failure());
  if (!got) {
    EXPECT_EQ(generation->status().error().code, Code::kNotFound);
  }
}

TEST_P(Contract, AnUnknownProviderIsRefused) { OnWorker(UnknownProvider); }

INSTANTIATE_TEST_SUITE_P(Shapes, Contract, ::testing::Values(Shape::kOneProcess, Shape::kFleet),
                         [](const auto& shape) { return shape.param == Shape::kFleet ? "Fleet" : "OneProcess"; });

}  // namespace
}  // namespace wayleave
