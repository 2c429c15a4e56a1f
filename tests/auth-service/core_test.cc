#include "auth-service/core.h"

#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <mutex>
#include <set>
#include <thread>

#include "auth-service/admin/local_desk.h"
#include "base/crypto/secret_file.h"
#include "tests/auth-service/faulty_store.h"
#include "tests/auth-service/ledger_support.h"
#include "tests/auth-service/support.h"

namespace wayleave::auth {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

class CoreTest : public testing::Test {
 protected:
  CoreTest() { config_.state_dir = directory_ / "state"; }

  // As `wayleave key ...` does, beside the core.
  template <class Do>
  auto OnTheMachine(const Do& act) {
    auto local = LocalDesk::Open(config_);
    if (!local) throw std::runtime_error(local.error().message);
    return act(**local);
  }
  Core& core() {
    if (!core_) {
      v1::CreateKeyRequest request;
      request.mutable_key()->add_scopes("admin");
      admin_ =
          OnTheMachine([&](LocalDesk& local) { return local.desk().CreateKey(request, local.caller()); })->secret();
      auto opened = Core::Open(config_, registry_, clock_.AsClock());
      if (!opened) throw std::runtime_error(opened.error().message);
      core_ = std::move(*opened);
    }
    return *core_;
  }
  template <class Response, class Request>
  Result<Response> Administer(const char* method, const Request& request, const std::string& credential) {
    Response response;
    Status done = Await(workers_[0], [&] { return core().admin().Call(method, request, response, credential); });
    if (!done) return std::move(done).error();
    return response;
  }
  template <class Response, class Request>
  Result<Response> Administer(const char* method, const Request& request) {
    core();
    return Administer<Response>(method, request, admin_);
  }
  // In a tenant that is made if there is none.
  v1::CreateKeyResponse Create(const v1::Key& wanted = {}) {
    v1::CreateTenantRequest tenant;
    tenant.mutable_tenant()->set_name(wanted.tenant());
    if (!wanted.tenant().empty()) (void)Administer<v1::CreateTenantResponse>("CreateTenant", tenant);
    v1::CreateKeyRequest request;
    *request.mutable_key() = wanted;
    return Administer<v1::CreateKeyResponse>("CreateKey", request).value();
  }
  Result<v1::RevokeKeyResponse> Revoke(const std::string& id) {
    v1::RevokeKeyRequest request;
    request.set_id(id);
    return Administer<v1::RevokeKeyResponse>("RevokeKey", request);
  }
  // A tenant of that name with those terms.
  void CreateTenant(const std::string& name, const std::function<void(v1::Terms&)>& set) {
    v1::CreateTenantRequest request;
    request.mutable_tenant()->set_name(name);
    set(*request.mutable_tenant()->mutable_terms());
    ASSERT_THAT(Administer<v1::CreateTenantResponse>("CreateTenant", request), IsOk());
  }
  v1::Key KeyOf(const std::string& tenant) {
    v1::Key wanted;
    wanted.set_tenant(tenant);
    return wanted;
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
    request.mutable_principal()->set_tenant("acme");
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
  std::string admin_;
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
  const std::string bad[] = {"wl_wrong",          secret.substr(0, 45), secret + "x",
                             "sk-proj-something", "' OR 1=1 --",        std::string(100'000, 'k')};
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

TEST_F(CoreTest, TakesACertificateForWhomItsRuleSays) {
  config_.certificates.push_back({"uri:spiffe://corp/research/*", "acme", "", {"agent"}});
  CreateTenant("acme", [](v1::Terms& terms) { terms.add_models("gpt-*"); });
  v1::AuthenticateRequest request;
  request.mutable_certificate()->add_names("uri:spiffe://corp/research/bot");
  request.mutable_certificate()->set_fingerprint("0123456789abcdef0123");

  const auto answer = Authenticate(request);

  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->principal().tenant(), "acme");
  EXPECT_EQ(answer->principal().user(), "spiffe://corp/research/bot");
  EXPECT_EQ(answer->principal().key_id(), "cert:0123456789abcdef");
  EXPECT_EQ(answer->principal().policy().models(0), "gpt-*");
  request.mutable_certificate()->set_names(0, "uri:spiffe://corp/other/bot");
  EXPECT_THAT(Authenticate(request), HasCode(Code::kUnauthenticated));
}

TEST_F(CoreTest, EndsAKeyAtItsTimeAndSaysForHowLongItMayBeCached) {
  v1::Key wanted;
  *wanted.mutable_expires_at() = TimestampOf(ToNanos(clock_.Now() + 30s));
  const auto made = Create(wanted);
  std::set<std::string> told;
  std::mutex mutex;
  const auto subscription = core().Subscribe([&](const std::vector<std::string>& ids, std::int64_t) {
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
  const auto subscription = core().Subscribe([&](const std::vector<std::string>& ids, std::int64_t) {
    std::lock_guard lock(mutex);
    told.insert(told.end(), ids.begin(), ids.end());
  });
  const auto made = OnTheMachine([](LocalDesk& local) { return local.desk().CreateKey({}, local.caller()); });
  ASSERT_THAT(made, IsOk());
  EXPECT_TRUE(Eventually([&] { return Authenticate(made->secret()).ok(); }));

  v1::RevokeKeyRequest revoke;
  revoke.set_id(made->key().id());
  ASSERT_THAT(OnTheMachine([&](LocalDesk& local) { return local.desk().RevokeKey(revoke, local.caller()); }), IsOk());
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
  const auto keys = OnTheMachine([](LocalDesk& local) { return local.desk().ListKeys({}, local.caller()); });
  EXPECT_EQ(keys->keys_size(), 1);  // the test's own
}

TEST_F(CoreTest, MakesAFirstKeyOnce) {
  core_ = std::move(*Core::Open(config_, registry_, clock_.AsClock()));
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

  const auto list = Administer<v1::ListKeysResponse>("ListKeys", v1::ListKeysRequest());

  ASSERT_EQ(list->keys_size(), 3);
  EXPECT_EQ(list->keys(0).id(), second.key().id());
  EXPECT_EQ(list->keys(1).id(), first.key().id());
  EXPECT_THAT(list->DebugString(), Not(HasSubstr(first.secret())));
}

TEST_F(CoreTest, HoldsAReservationUntilItIsSettledOnce) {
  CreateTenant("acme", [](v1::Terms& terms) { terms.mutable_monthly()->set_hard_nano_usd(3'000'000'000); });
  const auto key = Create(KeyOf("acme")).key();
  const auto first = Reserve(Reservation("r1", key.id()));
  clock_.Advance(5s);
  const auto again = Reserve(Reservation("r1", key.id()));

  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->expires_at().seconds(), first->expires_at().seconds());
  EXPECT_TRUE(Shows("wayleave_auth_reservations_open 1"));
  EXPECT_TRUE(Shows("wayleave_auth_reserved_usd 2"));
  EXPECT_THAT(Reserve(Reservation("r2", key.id())), HasCode(Code::kResourceExhausted));

  v1::SettleRequest settle;
  *settle.add_settlements() = SettlementOf("r1");
  *settle.mutable_settlements(0)->mutable_grant() = first->grant();
  settle.mutable_settlements(0)->set_cost_nano_usd(1'500'000'000);
  EXPECT_EQ(Settle(settle)->recorded(), 1);
  EXPECT_EQ(Settle(settle)->duplicates(), 1);

  EXPECT_TRUE(Shows("wayleave_auth_reservations_open 0"));
  EXPECT_TRUE(Shows("wayleave_auth_settlements_total{result=\"recorded\"} 1"));
  EXPECT_TRUE(Shows("wayleave_auth_settlements_total{result=\"duplicate\"} 1"));
  EXPECT_TRUE(Shows("wayleave_auth_reservations_refused_total{reason=\"rate_limit_exceeded\"} 1"));
  clock_.Advance(3s);  // budgets are looked at every two
  EXPECT_TRUE(Shows("wayleave_auth_budget_used_ratio{name=\"acme\",period=\"month\",scope=\"tenant\",tenant=\"acme\"} 0.5"));
  EXPECT_THAT(Reserve(Reservation("r3", key.id())), HasCode(Code::kResourceExhausted));
}

TEST_F(CoreTest, GrantsAllToWhomNothingIsLimited) {
  const auto key = Create().key();

  const auto held = Reserve(Reservation("r1", key.id()));

  ASSERT_THAT(held, IsOk());
  EXPECT_EQ(held->granted().cost_nano_usd(), 2'000'000'000);
  EXPECT_EQ(ToNanos(held->expires_at()), ToNanos(clock_.Now() + 60s));
}

TEST_F(CoreTest, TellsWhatIsLeftOfTheBudgetAndSoonTellsItAnew) {
  CreateTenant("acme", [](v1::Terms& terms) { terms.mutable_daily()->set_hard_nano_usd(4'000'000'000); });
  const auto made = Create(KeyOf("acme"));
  const auto held = Reserve(Reservation("r1", made.key().id()));
  v1::SettleRequest settle;
  *settle.add_settlements() = SettlementOf("r1");
  *settle.mutable_settlements(0)->mutable_grant() = held->grant();
  settle.mutable_settlements(0)->set_cost_nano_usd(1'000'000'000);
  ASSERT_THAT(Settle(settle), IsOk());

  const auto answer = Authenticate(made.secret());

  ASSERT_THAT(answer, IsOk());
  EXPECT_DOUBLE_EQ(answer->principal().budget_left(), 0.75);
  EXPECT_EQ(answer->max_age().seconds(), 2);
  EXPECT_TRUE(answer->principal().policy().priced_only());
  EXPECT_FALSE(answer->principal().policy().unmetered());
}

TEST_F(CoreTest, LetsNobodyInOutsideOfTheirHoursAndTellsUntilWhen) {
  // The clock stands at 2027-01-15 08:00 in UTC, a Friday.
  CreateTenant("acme", [](v1::Terms& terms) {
    terms.set_timezone("Europe/Berlin");
    terms.add_hours("08:00-09:01");
    terms.add_days("fri");
  });
  const auto made = Create(KeyOf("acme"));

  const auto inside = Authenticate(made.secret());
  ASSERT_THAT(inside, IsOk());
  EXPECT_EQ(inside->max_age().seconds(), 60);
  clock_.Advance(60s);

  const auto outside = Authenticate(made.secret());
  ASSERT_THAT(outside, HasCode(Code::kPermissionDenied));
  EXPECT_EQ(outside.error().reason, "outside_hours");
  EXPECT_THAT(Reserve(Reservation("r1", made.key().id())), HasCode(Code::kPermissionDenied));
}

TEST_F(CoreTest, ASuspendedTenantIsShutOutBeforeTheCallReturnsAndEveryListenerIsTold) {
  CreateTenant("acme", [](v1::Terms&) {});
  const auto made = Create(KeyOf("acme"));
  std::mutex mutex;
  std::set<std::string> told;
  const auto subscription = core().Subscribe([&](const std::vector<std::string>& ids, std::int64_t) {
    std::lock_guard lock(mutex);
    told.insert(ids.begin(), ids.end());
  });
  v1::SuspendTenantRequest suspend;
  suspend.set_name("acme");
  suspend.set_because("unpaid");

  ASSERT_THAT(Administer<v1::SuspendTenantResponse>("SuspendTenant", suspend), IsOk());

  const auto answer = Authenticate(made.secret());
  ASSERT_THAT(answer, HasCode(Code::kPermissionDenied));
  EXPECT_EQ(answer.error().reason, "tenant_suspended");
  EXPECT_THAT(answer.error().message, HasSubstr("unpaid"));
  std::lock_guard lock(mutex);
  EXPECT_THAT(told, testing::IsSupersetOf({std::string("tenant:acme"), made.key().id()}));
}

TEST_F(CoreTest, FollowsWhatTheConfigurationSaysOfTenantsNow) {
  const auto made = Create(KeyOf("acme"));
  KeyTable::Configured configured;
  configured.tenants.push_back(TenantWith("acme", 0));
  core().Configure(configured);

  EXPECT_TRUE(Eventually([&] { return Authenticate(made.secret())->principal().policy().priced_only(); }));
  EXPECT_THAT(Reserve(Reservation("r1", made.key().id())), HasCode(Code::kResourceExhausted));
}

// A tenant that the file names no more ends the rights of its keys, instead of their limits.
TEST_F(CoreTest, WhoBelongsToATenantThatThereIsNotStaysOutside) {
  KeyTable::Configured configured;
  configured.tenants.push_back(TenantWith("filed", 1'000));
  core().Configure(configured);
  v1::CreateKeyRequest request;
  *request.mutable_key() = KeyOf("filed");
  Result<v1::CreateKeyResponse> made = Administer<v1::CreateKeyResponse>("CreateKey", request);
  ASSERT_TRUE(Eventually([&] {
    made = Administer<v1::CreateKeyResponse>("CreateKey", request);
    return made.ok();
  }));
  EXPECT_TRUE(Eventually([&] { return Authenticate(made->secret()).ok(); }));
  const std::int64_t version = Authenticate(made->secret())->version();

  core().Configure({});

  EXPECT_TRUE(Eventually([&] { return !Authenticate(made->secret()).ok(); }));
  const auto answer = Authenticate(made->secret());
  ASSERT_THAT(answer, HasCode(Code::kPermissionDenied));
  EXPECT_EQ(answer.error().reason, "unknown_tenant");
  EXPECT_THAT(answer.error().message, HasSubstr("`wayleave tenant create filed`"));
  CreateTenant("filed", [](v1::Terms&) {});
  EXPECT_GT(Authenticate(made->secret())->version(), version);
}

TEST_F(CoreTest, AdministersInTheNameOfAKeyWithTheScopeOnly) {
  const auto plain = Create();
  const v1::ListKeysRequest list;

  EXPECT_THAT(Administer<v1::ListKeysResponse>("ListKeys", list, ""), HasCode(Code::kUnauthenticated));
  EXPECT_THAT(Administer<v1::ListKeysResponse>("ListKeys", list, "wl_wrong"), HasCode(Code::kUnauthenticated));
  EXPECT_THAT(Administer<v1::ListKeysResponse>("ListKeys", list, plain.secret()), HasCode(Code::kPermissionDenied));
  EXPECT_THAT(Administer<v1::ListKeysResponse>("ListKeys", list), IsOk());
  EXPECT_THAT(Administer<v1::ListKeysResponse>("DropTables", list), HasCode(Code::kUnimplemented));
}

TEST_F(CoreTest, RotatedKeysOverlapAndTheAuditChainTellsOfEverything) {
  const auto old = Create();
  v1::RotateKeyRequest rotate;
  rotate.set_id(old.key().id());
  rotate.mutable_overlap()->set_seconds(60);
  const auto made = Administer<v1::RotateKeyResponse>("RotateKey", rotate);
  ASSERT_THAT(made, IsOk());

  EXPECT_THAT(Authenticate(old.secret()), IsOk());
  EXPECT_THAT(Authenticate(made->secret()), IsOk());
  clock_.Advance(61s);
  EXPECT_THAT(Authenticate(old.secret()), HasCode(Code::kUnauthenticated));
  EXPECT_THAT(Authenticate(made->secret()), IsOk());
  v1::SettleRequest settle;
  *settle.add_settlements() = SettlementOf("r1");
  ASSERT_THAT(Settle(settle), IsOk());
  const auto audit = Administer<v1::ListAuditResponse>("ListAudit", v1::ListAuditRequest());
  std::vector<std::string> actions;
  for (const v1::AuditRecord& record : audit->records()) actions.push_back(audit::FromBody(record.body())->action);
  EXPECT_THAT(actions, testing::ElementsAre("key.create", "key.create", "key.rotate", "request"));
}

// The last signature is in the file, too, once the core is gone.
TEST_F(CoreTest, SignsTheEndOfTheAuditChainWhenItStops) {
  Create();
  core_.reset();

  std::ifstream file(config_.state_dir + "/audit-checkpoints.jsonl");
  std::string line, last;
  while (std::getline(file, line)) last = line;
  EXPECT_THAT(last, HasSubstr("\"sequence\":2"));
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

  const auto usage = Administer<v1::ListUsageResponse>("ListUsage", v1::ListUsageRequest());
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

TEST_F(CoreTest, PassesOnWhatTheStoreCanNotDoAndKeepsItsKeys) {
  const auto made = Create();
  core_.reset();
  auto store = SqlStore::OpenSqlite(config_.state_dir, registry_);
  auto owned = std::make_unique<FaultyStore>(**store, false, clock_);
  FaultyStore& faulty = *owned;
  const std::string secret = crypto::ReadOrMakeSecret(config_.state_dir + "/secret", 32).value();
  core_ = std::move(*Core::Open(config_, std::move(owned), secret, registry_, clock_.AsClock()));
  std::atomic<bool> broken{true};
  faulty.fault = [&] { return broken ? FaultyStore::Fault::kNothingHappens : FaultyStore::Fault::kNone; };
  faulty.unreadable = true;
  v1::SettleRequest settle;
  *settle.add_settlements() = SettlementOf("r1");

  EXPECT_THAT(Settle(settle), HasCode(Code::kUnavailable));
  EXPECT_THAT(Revoke(made.key().id()), HasCode(Code::kUnavailable));
  EXPECT_THAT(Administer<v1::ListUsageResponse>("ListUsage", v1::ListUsageRequest()), HasCode(Code::kUnavailable));
  EXPECT_TRUE(Eventually([&] { return registry_.Render().find("key_reload_errors_total 0\n") == std::string::npos; }));
  EXPECT_THAT(Authenticate(made.secret()), IsOk());

  broken = false;
  faulty.unreadable = false;
  EXPECT_EQ(Settle(settle)->recorded(), 1);
  EXPECT_THAT(Revoke(made.key().id()), IsOk());
  core_.reset();
}

TEST_F(CoreTest, ReportsAStoreThatCanNotBeReadAtTheStart) {
  auto store = SqlStore::OpenSqlite(config_.state_dir, registry_);
  auto faulty = std::make_unique<FaultyStore>(**store, false, clock_);
  faulty->unreadable = true;

  const auto opened = Core::Open(config_, std::move(faulty), "secret", registry_, clock_.AsClock());

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
    auto local = LocalDesk::Open(config);
    EXPECT_EQ((*local)->desk().ListKeys({}, (*local)->caller())->keys_size(), 1);
  }
}

}  // namespace
}  // namespace wayleave::auth
