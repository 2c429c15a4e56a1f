#include "auth-service/core.h"

#include <sys/wait.h>
#include <unistd.h>

#include <mutex>
#include <set>
#include <thread>

#include "auth-service/key_admin.h"
#include "tests/auth-service/support.h"

namespace wayleave::auth {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

class CoreTest : public testing::Test {
 protected:
  CoreTest() { config_.state_dir = directory_ / "state"; }

  Core& core() {
    if (!core_) {
      auto opened = Core::Open(config_, registry_, clock_.AsClock());
      if (!opened) throw std::runtime_error(opened.error().message);
      core_ = std::move(*opened);
    }
    return *core_;
  }
  v1::CreateKeyResponse Create(const v1::Key& wanted = {}) {
    v1::CreateKeyRequest request;
    *request.mutable_key() = wanted;
    return Await(workers_[0], [&] { return core().CreateKey(request); }).value();
  }
  Result<v1::RevokeKeyResponse> Revoke(const std::string& id) {
    v1::RevokeKeyRequest request;
    request.set_id(id);
    return Await(workers_[0], [&] { return core().RevokeKey(request); });
  }
  Result<v1::AuthenticateResponse> Authenticate(const v1::AuthenticateRequest& request) {
    return Await(workers_[0], [&] { return core().Authenticate(request); });
  }
  Result<v1::AuthenticateResponse> Authenticate(const std::string& secret) { return Authenticate(WithKey(secret)); }
  Result<v1::ReserveResponse> Reserve(const v1::ReserveRequest& request) {
    return Await(workers_[0], [&] { return core().Reserve(request); });
  }
  Result<v1::SettleResponse> Settle(const v1::SettleRequest& request) {
    return Await(workers_[0], [&] { return core().Settle(request); });
  }
  static v1::ReserveRequest Reservation(const std::string& id, const std::string& key_id) {
    v1::ReserveRequest request;
    request.set_reservation_id(id);
    request.mutable_principal()->set_key_id(key_id);
    request.mutable_upper_bound()->set_cost_nano_usd(2'000'000'000);
    request.mutable_ttl()->set_seconds(60);
    return request;
  }
  bool Shows(const std::string& line) {
    return Eventually([&] { return registry_.Render().find(line + "\n") != std::string::npos; });
  }

  TempDirectory directory_;
  FakeClock clock_;
  Config config_;
  metrics::Registry registry_{"test"};
  WorkerPool workers_{2};
  std::unique_ptr<Core> core_;
};

TEST_F(CoreTest, RecognisesAKeyThatItMade) {
  v1::Key wanted;
  wanted.set_user("ada");
  wanted.add_roles("intern");
  (*wanted.mutable_labels())["team"] = "blue";
  wanted.add_models("gpt-*");
  const auto made = Create(wanted);

  const auto answer = Authenticate(made.secret());

  ASSERT_THAT(answer, IsOk());
  const v1::Principal& principal = answer->principal();
  EXPECT_EQ(principal.tenant(), "default");
  EXPECT_EQ(principal.user(), "ada");
  EXPECT_EQ(principal.key_id(), made.key().id());
  EXPECT_EQ(principal.roles(0), "intern");
  EXPECT_EQ(principal.labels().at("team"), "blue");
  EXPECT_EQ(principal.policy().models(0), "gpt-*");
  EXPECT_EQ(answer->max_age().seconds(), 60);
}

TEST_F(CoreTest, RefusesBadCredentialsAndSaysWhatToDoWithoutRepeatingThem) {
  const std::string secret = Create().secret();
  const std::string bad[] = {"wl_wrong", secret.substr(0, 45), secret + "x", "sk-proj-something", "' OR 1=1 --",
                             std::string(100'000, 'k')};
  for (const std::string& key : bad) {
    const auto answer = Authenticate(key);
    ASSERT_THAT(answer, HasCode(Code::kUnauthenticated)) << key;
    EXPECT_EQ(answer.error().reason, "invalid_api_key");
    EXPECT_THAT(answer.error().message, HasSubstr("wayleave key create"));
    EXPECT_THAT(answer.error().message, Not(HasSubstr(key)));
  }
}

TEST_F(CoreTest, RefusesAMissingKeyInItsOwnWords) {
  const auto answer = Authenticate(v1::AuthenticateRequest());

  ASSERT_THAT(answer, HasCode(Code::kUnauthenticated));
  EXPECT_EQ(answer.error().reason, "missing_api_key");
  EXPECT_THAT(answer.error().message, HasSubstr("Authorization: Bearer"));
}

TEST_F(CoreTest, RefusesACertificate) {
  v1::AuthenticateRequest request;
  request.set_certificate_subject("CN=ada");

  EXPECT_THAT(Authenticate(request), HasCode(Code::kUnauthenticated));
}

TEST_F(CoreTest, EndsAKeyAtItsTimeAndSaysForHowLongItMayBeCached) {
  v1::Key wanted;
  *wanted.mutable_expires_at() = TimestampOf(ToNanos(clock_.Now() + 30s));
  const auto made = Create(wanted);
  std::set<std::string> told;
  std::mutex mutex;
  const auto subscription = core().Subscribe([&](const std::vector<std::string>& ids) {
    std::lock_guard lock(mutex);
    told.insert(ids.begin(), ids.end());
  });

  EXPECT_EQ(Authenticate(made.secret())->max_age().seconds(), 30);
  clock_.Advance(29999ms);
  EXPECT_THAT(Authenticate(made.secret()), IsOk());
  clock_.Advance(1ms);

  const auto answer = Authenticate(made.secret());
  EXPECT_THAT(answer, HasCode(Code::kUnauthenticated));
  EXPECT_THAT(answer.error().message, HasSubstr("expired"));
  EXPECT_THAT(Reserve(Reservation("r1", made.key().id())), HasCode(Code::kUnauthenticated));
  EXPECT_TRUE(Eventually([&] {
    std::lock_guard lock(mutex);
    return told.count(made.key().id()) == 1;
  }));
}

TEST_F(CoreTest, EndsARevokedKeyBeforeTheCallReturns) {
  const auto made = Create();
  const auto other = Create();
  ASSERT_THAT(Authenticate(made.secret()), IsOk());

  const auto revoked = Revoke(made.key().id());

  ASSERT_THAT(revoked, IsOk());
  EXPECT_TRUE(revoked->key().has_revoked_at());
  EXPECT_THAT(Authenticate(made.secret()), HasCode(Code::kUnauthenticated));
  EXPECT_THAT(Authenticate(other.secret()), IsOk());
  EXPECT_THAT(Reserve(Reservation("r1", made.key().id())), HasCode(Code::kUnauthenticated));
  EXPECT_THAT(Revoke(made.key().id()), IsOk());
  EXPECT_THAT(Revoke("key_unknown"), HasCode(Code::kNotFound));
}

TEST_F(CoreTest, FollowsKeysThatAnotherConnectionMakesAndRevokesWithinASecond) {
  std::mutex mutex;
  std::vector<std::string> told;
  const auto subscription = core().Subscribe([&](const std::vector<std::string>& ids) {
    std::lock_guard lock(mutex);
    told.insert(told.end(), ids.begin(), ids.end());
  });
  const auto made = CreateKey(config_.state_dir, {});
  ASSERT_THAT(made, IsOk());
  EXPECT_TRUE(Eventually([&] { return Authenticate(made->secret()).ok(); }));

  ASSERT_THAT(RevokeKey(config_.state_dir, made->key().id()), IsOk());
  const auto revoked_at = std::chrono::steady_clock::now();
  EXPECT_TRUE(Eventually([&] {
    std::lock_guard lock(mutex);
    return !told.empty();
  }));

  EXPECT_LT(std::chrono::steady_clock::now() - revoked_at, 5s);
  EXPECT_THAT(Authenticate(made->secret()), HasCode(Code::kUnauthenticated));
  std::lock_guard lock(mutex);
  EXPECT_THAT(told, testing::ElementsAre(made->key().id()));
}

TEST_F(CoreTest, AcceptsTheKeyOfTheEnvironmentAndNeverWritesIt) {
  config_.proxy_api_key = "my-own-secret-of-the-environment";

  const auto answer = Authenticate(config_.proxy_api_key);

  ASSERT_THAT(answer, IsOk());
  EXPECT_THAT(Reserve(Reservation("r1", answer->principal().key_id())), IsOk());
  EXPECT_FALSE(core().HasSampleKey());
  EXPECT_FALSE(core().EnsureFirstKey()->has_value());
  EXPECT_TRUE(ListKeys(config_.state_dir)->keys().empty());
}

TEST_F(CoreTest, MakesAFirstKeyOnce) {
  EXPECT_FALSE(core().HasUsableKey());

  const auto first = core().EnsureFirstKey();
  const auto second = core().EnsureFirstKey();

  ASSERT_THAT(first, IsOk());
  ASSERT_TRUE(first->has_value());
  EXPECT_THAT(Authenticate((*first)->secret()), IsOk());
  EXPECT_TRUE(core().HasUsableKey());
  ASSERT_THAT(second, IsOk());
  EXPECT_FALSE(second->has_value());
}

TEST_F(CoreTest, ListsKeysNewestFirstWithoutSecrets) {
  const auto first = Create();
  clock_.Advance(1s);
  const auto second = Create();

  const auto list = Await(workers_[0], [&] {
    static const v1::ListKeysRequest kAll;
    return core().ListKeys(kAll);
  });

  ASSERT_EQ(list->keys_size(), 2);
  EXPECT_EQ(list->keys(0).id(), second.key().id());
  EXPECT_EQ(list->keys(1).id(), first.key().id());
  EXPECT_THAT(list->DebugString(), Not(HasSubstr(first.secret())));
}

TEST_F(CoreTest, HoldsAReservationUntilItIsSettledOnce) {
  const auto key = Create().key();
  const auto first = Reserve(Reservation("r1", key.id()));
  clock_.Advance(5s);
  const auto again = Reserve(Reservation("r1", key.id()));

  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->expires_at().seconds(), first->expires_at().seconds());
  EXPECT_TRUE(Shows("wayleave_auth_reservations_open 1"));
  EXPECT_TRUE(Shows("wayleave_auth_reserved_usd 2"));

  v1::SettleRequest settle;
  *settle.add_settlements() = SettlementOf("r1");
  EXPECT_EQ(Settle(settle)->recorded(), 1);
  EXPECT_EQ(Settle(settle)->duplicates(), 1);

  EXPECT_TRUE(Shows("wayleave_auth_reservations_open 0"));
  EXPECT_TRUE(Shows("wayleave_auth_settlements_total{result=\"recorded\"} 1"));
  EXPECT_TRUE(Shows("wayleave_auth_settlements_total{result=\"duplicate\"} 1"));
}

TEST_F(CoreTest, RefusesReservationsThatMakeNoSense) {
  const auto key = Create().key();
  v1::ReserveRequest nameless = Reservation("", key.id());
  v1::ReserveRequest negative = Reservation("r1", key.id());
  negative.mutable_upper_bound()->set_output_tokens(-1);

  EXPECT_THAT(Reserve(nameless), HasCode(Code::kInvalidArgument));
  EXPECT_THAT(Reserve(negative), HasCode(Code::kInvalidArgument));
  EXPECT_THAT(Reserve(Reservation("r1", "key_unknown")), HasCode(Code::kUnauthenticated));
}

TEST_F(CoreTest, RefusesABatchAsAWhole) {
  v1::SettleRequest settle;
  *settle.add_settlements() = SettlementOf("r1");
  *settle.add_settlements() = SettlementOf("");
  v1::SettleRequest large;
  for (int i = 0; i < 1001; ++i) *large.add_settlements() = SettlementOf(std::to_string(i));

  EXPECT_THAT(Settle(settle), HasCode(Code::kInvalidArgument));
  EXPECT_THAT(Settle(large), HasCode(Code::kInvalidArgument));

  const auto usage = Await(workers_[0], [&] {
    static const v1::ListUsageRequest kAll;
    return core().ListUsage(kAll);
  });
  EXPECT_EQ(usage->records_size(), 0);
}

Task<void> ReserveAndSettle(Core& core, std::string key_id, std::string id, std::atomic<int>& settled) {
  v1::ReserveRequest reserve;
  reserve.set_reservation_id(id);
  reserve.mutable_principal()->set_key_id(key_id);
  const auto held = co_await core.Reserve(reserve);
  v1::SettleRequest settle;
  *settle.add_settlements() = SettlementOf(id);
  *settle.add_settlements() = SettlementOf("shared");
  const auto done = co_await core.Settle(settle);
  if (held.ok() && done.ok()) settled += done->recorded();
}

Task<void> ReserveAndSettleMany(Core& core, std::string key_id, int worker, std::atomic<int>& settled) {
  TaskGroup group;
  for (int i = 0; i < 200; ++i) {
    group.Spawn(ReserveAndSettle(core, key_id, std::to_string(worker) + "-" + std::to_string(i), settled));
  }
  co_await group.Empty();
}

TEST_F(CoreTest, ServesSeveralWorkersAtOnce) {
  const auto key = Create().key();
  std::atomic<int> settled{0};
  std::vector<std::thread> threads;

  for (int w = 0; w < 2; ++w) {
    threads.emplace_back(
        [&, w] { RunOn(workers_[w], [&] { return ReserveAndSettleMany(*core_, key.id(), w, settled); }); });
  }
  for (auto& thread : threads) thread.join();

  EXPECT_EQ(settled, 401);
  EXPECT_TRUE(Shows("wayleave_auth_reservations_open 0"));
}

// A store that can be told to fail.
class BrokenStore : public Store {
 public:
  Result<std::vector<StoredKey>> Keys() override { return std::vector<StoredKey>(); }
  Result<std::int64_t> KeysVersion() override {
    if (broken) return Error{Code::kUnavailable, "no disk"};
    return std::int64_t{1};
  }
  Result<std::vector<v1::Settlement>> Usage(const v1::ListUsageRequest&) override { return NoDisk(); }
  void AddKey(StoredKey, If, std::function<void(Result<bool>)> done) override { done(NoDisk()); }
  void RevokeKey(std::string, Time, std::function<void(Status)> done) override { done(NoDisk()); }
  void Record(const v1::SettleRequest&, Time, std::function<void(Result<v1::SettleResponse>)> done) override {
    done(NoDisk());
  }
  std::atomic<bool> broken{false};

 private:
  static Error NoDisk() { return Error{Code::kUnavailable, "no disk"}; }
};

TEST_F(CoreTest, PassesOnWhatTheStoreCanNotDoAndKeepsItsKeys) {
  auto owned = std::make_unique<BrokenStore>();
  BrokenStore& store = *owned;
  config_.proxy_api_key = "my-own-secret-of-the-environment";
  core_ = std::move(*Core::Open(config_, std::move(owned), "secret", registry_, clock_.AsClock()));
  store.broken = true;
  v1::SettleRequest settle;
  *settle.add_settlements() = SettlementOf("r1");
  const v1::CreateKeyRequest create;
  const v1::ListUsageRequest usage;

  EXPECT_THAT(Settle(settle), HasCode(Code::kUnavailable));
  EXPECT_THAT(Revoke("key_1"), HasCode(Code::kUnavailable));
  EXPECT_THAT(Await(workers_[0], [&] { return core_->CreateKey(create); }), HasCode(Code::kUnavailable));
  EXPECT_THAT(Await(workers_[0], [&] { return core_->ListUsage(usage); }), HasCode(Code::kUnavailable));

  EXPECT_TRUE(Eventually([&] { return registry_.Render().find("key_reload_errors_total 0\n") == std::string::npos; }));
  EXPECT_THAT(Authenticate(config_.proxy_api_key), IsOk());
}

TEST_F(CoreTest, ReportsAStoreThatCanNotBeReadAtTheStart) {
  auto store = std::make_unique<BrokenStore>();
  store->broken = true;

  const auto opened = Core::Open(config_, std::move(store), "secret", registry_, clock_.AsClock());

  EXPECT_THAT(opened, HasCode(Code::kUnavailable));
}

// Starts in a process of its own and writes the secret of the key that it made, or nothing, into the pipe. The child
// ends by _exit, with a number for each step that can fail: a return would run the parent's remaining tests in it, and
// exit() the parent's destructors. The test expects 0.
pid_t StartElsewhere(const std::string& state_dir, int pipe_end) {
  const pid_t pid = fork();
  if (pid != 0) return pid;
  Config config;
  config.state_dir = state_dir;
  metrics::Registry registry("child");
  auto core = Core::Open(config, registry);
  if (!core) _exit(1);
  const auto first = (*core)->EnsureFirstKey();
  if (!first) _exit(2);
  const std::string secret = *first ? (*first)->secret() : "";
  if (write(pipe_end, secret.data(), secret.size()) != static_cast<ssize_t>(secret.size())) _exit(3);
  core->reset();
  _exit(0);
}

TEST(FirstStart, AgreesOnOneKeyWhenTwoProcessesStartAtOnce) {
  for (int round = 0; round < 10; ++round) {
    TempDirectory directory;
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t children[] = {StartElsewhere(directory / "a/state", ends[1]),
                              StartElsewhere(directory / "a/state", ends[1])};
    close(ends[1]);
    for (const pid_t child : children) {
      int status = 0;
      ASSERT_EQ(waitpid(child, &status, 0), child);
      EXPECT_EQ(status, 0);
    }
    char secret[256];
    const ssize_t length = read(ends[0], secret, sizeof(secret));
    close(ends[0]);

    ASSERT_EQ(length, 46);  // one secret, not two
    Config config;
    config.state_dir = directory / "a/state";
    metrics::Registry registry("parent");
    auto core = Core::Open(config, registry);
    ASSERT_THAT(core, IsOk());
    Worker worker;
    worker.Start();
    const v1::AuthenticateRequest request = WithKey(std::string(secret, 46));
    EXPECT_THAT(Await(worker, [&] { return (*core)->Authenticate(request); }), IsOk());
    EXPECT_EQ(ListKeys(config.state_dir)->keys_size(), 1);
  }
}

}  // namespace
}  // namespace wayleave::auth
