#include "auth-service/service.h"

#include <optional>

#include "auth-service/admin/local_desk.h"
#include "auth-service/store/open.h"
#include "auth-service/store/sql_store.h"
#include "base/rpc/client.h"
#include "base/rpc/server.h"
#include "tests/auth-service/faulty_store.h"

namespace wayleave::auth {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

constexpr char kAuthenticate[] = "/wayleave.auth.v1.AuthService/Authenticate";
constexpr char kReserve[] = "/wayleave.auth.v1.AuthService/Reserve";
constexpr char kSettle[] = "/wayleave.auth.v1.AuthService/Settle";
constexpr char kWatch[] = "/wayleave.auth.v1.AuthService/WatchRevocations";
constexpr char kAdmin[] = "/wayleave.auth.v1.AdminService/";

struct Message {
  v1::WatchRevocationsResponse content;
  SteadyClock::time_point at;
};

// Reads the stream until `enough` says so of the last message, or it ends.
Task<void> Watch(rpc::Channel& channel, std::function<bool(const Message&)> enough, std::vector<Message>& messages) {
  const v1::WatchRevocationsRequest request;
  rpc::RawStream stream = channel.Open(kWatch, request, {});
  Message message;
  while (true) {
    const bool more = co_await stream.Read(message.content);
    if (!more) co_return;
    message.at = SteadyClock::now();
    messages.push_back(message);
    if (enough(message)) co_return;
  }
}

class ServiceTest : public testing::Test {
 protected:
  ServiceTest() : server_(workers_, {}), runtime_(workers_) {
    config_.state_dir = directory_ / "state";
    v1::CreateKeyRequest request;
    request.mutable_key()->add_scopes("admin");
    auto local = LocalDesk::Open(config_);
    admin_ = (*local)->desk().CreateKey(request, (*local)->caller())->secret();
    sql_ = std::move(*SqlStore::OpenSqlite(config_.state_dir, registry_));
    auto store = std::make_unique<FaultyStore>(*sql_, false, clock_);
    store_ = store.get();
    core_ = std::move(*Core::Open(config_, std::move(store), *KeySecret(config_), registry_,
                                  std::chrono::system_clock::now));
    service_.emplace(*core_, server_);
    const int port = server_.Start().value();
    channel_.emplace(runtime_, rpc::ChannelConfig{"127.0.0.1:" + std::to_string(port)});
  }
  ~ServiceTest() override {
    service_->EndStreams();
    channel_.reset();
    server_.Drain(1s);
  }

  template <class Response, class Request>
  Result<Response> Call(const char* method, const Request& request) {
    return Await(workers_[0], [&] { return channel_->Call<Response>(method, request, rpc::CallContext()); });
  }
  template <class Response, class Request>
  Result<Response> Administer(const std::string& method, const Request& request, const std::string& bearer) {
    const std::string path = kAdmin + method;
    rpc::CallContext context;
    context.bearer = bearer;
    return Await(workers_[0], [&] { return channel_->Call<Response>(path.c_str(), request, context); });
  }
  template <class Response, class Request>
  Response Administer(const std::string& method, const Request& request) {
    const Result<Response> response = Administer<Response>(method, request, admin_);
    if (!response) throw std::runtime_error(method + ": " + response.error().message);
    return *response;
  }
  v1::CreateKeyResponse Create() { return Administer<v1::CreateKeyResponse>("CreateKey", v1::CreateKeyRequest()); }
  std::vector<Message> WatchUntil(const std::function<bool(const Message&)>& enough) {
    std::vector<Message> messages;
    RunOn(workers_[0], [&] { return Watch(*channel_, enough, messages); });
    return messages;
  }

  TempDirectory directory_;
  std::string admin_;
  Config config_;
  metrics::Registry registry_{"test"};
  WorkerPool workers_{2};
  FakeClock clock_;
  std::unique_ptr<SqlStore> sql_;
  FaultyStore* store_ = nullptr;  // the core's
  std::unique_ptr<Core> core_;
  rpc::Server server_;
  std::optional<Service> service_;
  rpc::ClientRuntime runtime_;
  std::optional<rpc::Channel> channel_;
};

TEST_F(ServiceTest, AnswersEveryCallOfTheContract) {
  const v1::CreateKeyResponse made = Create();

  const auto known = Call<v1::AuthenticateResponse>(kAuthenticate, WithKey(made.secret()));
  ASSERT_THAT(known, IsOk());
  v1::ReserveRequest reserve;
  reserve.set_reservation_id("r1");
  *reserve.mutable_principal() = known->principal();
  EXPECT_THAT(Call<v1::ReserveResponse>(kReserve, reserve), IsOk());
  v1::SettleRequest settle;
  *settle.add_settlements() = SettlementOf("r1");
  EXPECT_EQ(Call<v1::SettleResponse>(kSettle, settle)->recorded(), 1);
  EXPECT_EQ(Administer<v1::ListUsageResponse>("ListUsage", v1::ListUsageRequest()).records_size(), 1);
  EXPECT_EQ(Administer<v1::ListKeysResponse>("ListKeys", v1::ListKeysRequest()).keys_size(), 2);
  v1::RevokeKeyRequest revoke;
  revoke.set_id(made.key().id());
  EXPECT_TRUE(Administer<v1::RevokeKeyResponse>("RevokeKey", revoke).key().has_revoked_at());

  const auto revoked = Call<v1::AuthenticateResponse>(kAuthenticate, WithKey(made.secret()));
  ASSERT_THAT(revoked, HasCode(Code::kUnauthenticated));
  EXPECT_EQ(revoked.error().reason, "invalid_api_key");
}

TEST_F(ServiceTest, AdministersForNobodyWithoutACredential) {
  const std::string plain = Create().secret();
  const auto list = [&](const std::string& bearer) {
    return Administer<v1::ListKeysResponse>("ListKeys", v1::ListKeysRequest(), bearer);
  };

  EXPECT_THAT(list(""), HasCode(Code::kUnauthenticated));
  EXPECT_THAT(list("wl_wrong"), HasCode(Code::kUnauthenticated));
  EXPECT_THAT(list(plain), HasCode(Code::kPermissionDenied));
  EXPECT_EQ(list(admin_)->keys_size(), 2);
}

TEST_F(ServiceTest, DropsEverythingFirstAndThenGivesASignOfLifeFourTimesASecond) {
  int count = 0;
  const auto messages = WatchUntil([&](const Message&) { return ++count == 6; });

  ASSERT_EQ(messages.size(), 6u);
  EXPECT_TRUE(messages[0].content.drop_all());
  for (std::size_t i = 1; i < messages.size(); ++i) {
    EXPECT_FALSE(messages[i].content.drop_all());
    EXPECT_EQ(messages[i].content.key_ids_size(), 0);
  }
  EXPECT_LT((messages[5].at - messages[0].at) / 5, 500ms);
}

TEST_F(ServiceTest, TellsOfAKeyThatAnotherProcessRevokesWithinASecond) {
  const v1::CreateKeyResponse made = Create();
  SteadyClock::time_point revoked_at;
  std::thread other;
  const auto messages = WatchUntil([&](const Message& message) {
    if (message.content.drop_all()) {
      other = std::thread([&] {
        auto local = LocalDesk::Open(config_);
        v1::RevokeKeyRequest revoke;
        revoke.set_id(made.key().id());
        ASSERT_THAT((*local)->desk().RevokeKey(revoke, (*local)->caller()), IsOk());
        revoked_at = SteadyClock::now();
      });
    }
    return message.content.key_ids_size() > 0;
  });
  other.join();

  ASSERT_FALSE(messages.empty());
  EXPECT_THAT(messages.back().content.key_ids(), testing::ElementsAre(made.key().id()));
  EXPECT_LT(messages.back().at - revoked_at, 5s);
}

TEST_F(ServiceTest, TellsTheVersionOfRightsThatAnswersAreJudgedBy) {
  const std::string secret = Create().secret();
  const std::int64_t before = Call<v1::AuthenticateResponse>(kAuthenticate, WithKey(secret))->version();
  std::thread other;
  const auto messages = WatchUntil([&](const Message& message) {
    if (message.content.drop_all()) other = std::thread([&] { Create(); });
    return message.content.version() > before;
  });
  other.join();

  EXPECT_GT(before, 0);
  EXPECT_EQ(messages.front().content.version(), before);
  EXPECT_TRUE(messages.back().content.key_ids().empty()) << "nobody lost rights";
  EXPECT_EQ(Call<v1::AuthenticateResponse>(kAuthenticate, WithKey(secret))->version(),
            messages.back().content.version());
}

// Whoever listens takes silence for what it is: nobody says that no rights were lost.
TEST_F(ServiceTest, SaysNothingWhileItCannotSeeItsStoreAndThenToDropEverything) {
  std::thread other;
  std::atomic<SteadyClock::time_point> last_at{};
  int drops = 0;
  const auto is_silent = [&] { return !core_->SeesChanges() && SteadyClock::now() - last_at.load() > 1s; };
  WatchUntil([&](const Message& message) {
    last_at = message.at;
    if (message.content.drop_all() && ++drops == 1) {
      store_->unreadable = true;
      other = std::thread([&] {
        EXPECT_TRUE(Eventually(is_silent));
        store_->unreadable = false;
      });
    }
    return drops == 2;
  });
  other.join();

  EXPECT_EQ(drops, 2);
  EXPECT_TRUE(core_->SeesChanges());
}

TEST_F(ServiceTest, EndsItsStreamsAtOnceWhenTheServerDrains) {
  std::thread ender;
  SteadyClock::time_point ended_at;
  WatchUntil([&](const Message& message) {
    if (message.content.drop_all()) {
      ender = std::thread([&] {
        ended_at = SteadyClock::now();
        service_->EndStreams();
      });
    }
    return false;
  });
  const auto now = SteadyClock::now();
  ender.join();

  EXPECT_LT(now - ended_at, 5s);
  EXPECT_TRUE(WatchUntil([](const Message&) { return false; }).empty());
}

TEST_F(ServiceTest, ForgetsAListenerThatLeaves) {
  const std::string gauge = "wayleave_auth_revocation_subscribers ";
  WatchUntil([&](const Message&) { return registry_.Render().find(gauge + "1\n") != std::string::npos; });

  EXPECT_TRUE(Eventually([&] { return registry_.Render().find(gauge + "0\n") != std::string::npos; }));
}

}  // namespace
}  // namespace wayleave::auth
