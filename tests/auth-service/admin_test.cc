#include <functional>
#include <random>

#include "auth-service/admin/desk.h"
#include "auth-service/admin/methods.h"
#include "tests/auth-service/faulty_store.h"
#include "tests/auth-service/stores.h"

namespace wayleave::auth {
namespace {

using namespace std::chrono_literals;
using google::protobuf::Message;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const crypto::HmacSha256 kHmac("0123456789abcdef0123456789abcdef");

// One method, whatever its types.
struct Method {
  std::string name;
  std::function<std::unique_ptr<Message>()> request;
  std::function<Result<std::unique_ptr<Message>>(Desk&, const Message&, const Caller&)> call;

  bool reads() const { return name.starts_with("List") || name.starts_with("Sum"); }
  bool reads_content() const { return name == "ReadContent"; }
  bool of_tenants() const { return !reads() && name.ends_with("Tenant"); }
};

template <class Request, class Response>
Method MethodOf(const char* name, Result<Response> (Desk::*method)(const Request&, const Caller&)) {
  const auto call = [method](Desk& desk, const Message& request,
                             const Caller& caller) -> Result<std::unique_ptr<Message>> {
    Result<Response> done = (desk.*method)(static_cast<const Request&>(request), caller);
    if (!done) return std::move(done).error();
    return std::unique_ptr<Message>(std::make_unique<Response>(std::move(*done)));
  };
  return {name, [] { return std::make_unique<Request>(); }, call};
}

const std::vector<Method>& Methods() {
#define WAYLEAVE_TEST_METHOD(NAME) MethodOf(#NAME, &Desk::NAME),
  static const std::vector<Method> methods = {WAYLEAVE_ADMIN_METHODS(WAYLEAVE_TEST_METHOD)};
#undef WAYLEAVE_TEST_METHOD
  return methods;
}

v1::Key KeyWith(const std::string& tenant, const std::string& scope) {
  v1::Key key;
  key.set_id("key_caller");
  key.set_tenant(tenant);
  if (!scope.empty()) key.add_scopes(scope);
  return key;
}

class DeskTest : public testing::TestWithParam<Engine> {
 protected:
  std::shared_ptr<const KeyTable> Table() {
    auto accounts = store_->ReadAccounts();
    if (!accounts) throw std::runtime_error(accounts.error().message);
    return std::make_shared<const KeyTable>(std::move(*accounts), std::vector<StoredKey>(), configured_);
  }

  v1::CreateTenantRequest TenantRequest(const std::string& name) {
    v1::CreateTenantRequest request;
    request.mutable_tenant()->set_name(name);
    return request;
  }
  // As if it had been made long ago: without a record.
  void Know(const std::string& tenant) {
    v1::Tenant known;
    known.set_name(tenant);
    ASSERT_THAT(Transact(*store_,
                         [&](Changes& changes) -> Status {
                           const auto found = changes.FindTenant(tenant);
                           return found && *found ? Status() : changes.PutTenant(known);
                         }),
                IsOk());
  }
  v1::CreateKeyResponse MakeKeyIn(const std::string& tenant, const std::string& name = "laptop") {
    Know(tenant);
    v1::CreateKeyRequest request;
    request.mutable_key()->set_tenant(tenant);
    request.mutable_key()->set_name(name);
    return desk_.CreateKey(request, operator_).value();
  }
  void PutUser(const std::string& tenant, const std::string& name) {
    Know(tenant);
    v1::PutUserRequest request;
    request.mutable_user()->set_tenant(tenant);
    request.mutable_user()->set_name(name);
    ASSERT_THAT(desk_.PutUser(request, operator_), IsOk());
  }
  void Record(const std::string& id, const std::string& tenant, const std::string& model) {
    v1::Settlement settlement = SettlementOf(id);
    settlement.set_tenant(tenant);
    settlement.set_model(model);
    settlement.set_cost_nano_usd(5);
    ASSERT_THAT(Transact(*store_,
                         [&](Changes& changes) -> Status {
                           Result<bool> done = changes.Record(settlement, clock_.Now());
                           return done ? Status() : Status(done.error());
                         }),
                IsOk());
  }
  std::vector<v1::AuditRecord> Audit(const std::string& tenant = "") {
    v1::ListAuditRequest request;
    request.set_tenant(tenant);
    request.set_limit(10'000);
    return store_->Audit(request).value();
  }
  std::vector<std::string> Actions(const std::string& tenant = "") {
    std::vector<std::string> actions;
    for (const v1::AuditRecord& record : Audit(tenant)) actions.push_back(audit::FromBody(record.body())->action);
    return actions;
  }
  // Everything that there is of a tenant.
  std::string AllOf(const std::string& tenant) {
    std::string all;
    const auto accounts = store_->ReadAccounts();
    for (const StoredKey& key : accounts->keys) {
      if (key.key.tenant() == tenant) all += key.key.DebugString();
    }
    for (const v1::Tenant& one : accounts->tenants) {
      if (one.name() == tenant) all += one.DebugString();
    }
    for (const v1::User& user : accounts->users) {
      if (user.tenant() == tenant) all += user.DebugString();
    }
    v1::ListUsageRequest usage;
    usage.set_tenant(tenant);
    const auto records = store_->Usage(usage);
    for (const v1::Settlement& record : *records) all += record.DebugString();
    for (const v1::AuditRecord& record : Audit(tenant)) all += record.body();
    return all;
  }

  StorePlace place_{GetParam()};
  std::unique_ptr<SqlStore> store_ = place_.Open();
  FakeClock clock_;
  KeyTable::Configured configured_;
  const Caller operator_ = Operator("cli:ada");
  Desk desk_{*store_, kHmac, [this] { return Table(); }, clock_.AsClock()};
};
WAYLEAVE_ON_BOTH_ENGINES(DeskTest);

TEST_P(DeskTest, EveryMethodAsksForItsRightFirst) {
  const struct {
    const char* who;
    Caller caller;
    bool reads, keys, tenants, content;
  } callers[] = {
      {"nothing", CallerOf(KeyWith("default", "")), false, false, false, false},
      {"another scope", CallerOf(KeyWith("default", "Admin")), false, false, false, false},
      {"admin:read", CallerOf(KeyWith("default", "admin:read")), true, false, false, true},
      {"keys", CallerOf(KeyWith("default", "keys")), true, true, false, false},
      {"admin", CallerOf(KeyWith("default", "admin")), true, true, true, true},
      {"admin of a tenant", CallerOf(KeyWith("acme", "admin")), true, true, false, true},
      {"operator", operator_, true, true, true, true},
  };
  for (const auto& [who, caller, reads, keys, tenants, content] : callers) {
    for (const Method& method : Methods()) {
      SCOPED_TRACE(std::string(who) + " " + method.name);
      const auto done = method.call(desk_, *method.request(), caller);
      const bool may = method.reads()           ? reads
                       : method.reads_content() ? content
                       : method.of_tenants()    ? tenants
                                                : keys;
      const bool denied = !done && done.error().code == Code::kPermissionDenied;
      EXPECT_EQ(denied, !may);
      EXPECT_TRUE(!denied || done.error().reason == "missing_scope");
    }
  }
}

TEST_P(DeskTest, ConfinesKeysOfTenantsAndThoseWithTheScopeKeys) {
  EXPECT_EQ(CallerOf(KeyWith("default", "admin")).tenant, "");
  EXPECT_EQ(CallerOf(KeyWith("default", "admin:read")).tenant, "");
  EXPECT_EQ(CallerOf(KeyWith("default", "keys")).tenant, "default");
  EXPECT_EQ(CallerOf(KeyWith("acme", "admin")).tenant, "acme");
  EXPECT_EQ(CallerOf(KeyWith("acme", "admin:read")).tenant, "acme");
}

TEST_P(DeskTest, MakesChangesAndSuspendsTenants) {
  v1::CreateTenantRequest request = TenantRequest("acme");
  request.mutable_tenant()->mutable_terms()->mutable_monthly()->set_hard_nano_usd(7);
  ASSERT_THAT(desk_.CreateTenant(request, operator_), IsOk());
  EXPECT_THAT(desk_.CreateTenant(request, operator_), HasCode(Code::kAlreadyExists));
  v1::UpdateTenantRequest update;
  update.set_name("acme");
  update.mutable_terms()->set_timezone("Europe/Berlin");
  ASSERT_THAT(desk_.UpdateTenant(update, operator_), IsOk());
  v1::SuspendTenantRequest suspend;
  suspend.set_name("acme");
  suspend.set_because("unpaid");
  ASSERT_THAT(desk_.SuspendTenant(suspend, operator_), IsOk());

  auto tenants = desk_.ListTenants({}, operator_);
  ASSERT_EQ(tenants->tenants_size(), 1);
  EXPECT_FALSE(tenants->tenants(0).terms().has_monthly());
  EXPECT_EQ(tenants->tenants(0).terms().timezone(), "Europe/Berlin");
  EXPECT_EQ(tenants->tenants(0).suspended_because(), "unpaid");
  suspend.set_resume(true);
  EXPECT_THAT(desk_.SuspendTenant(suspend, operator_), IsOk());
  EXPECT_THAT(desk_.SuspendTenant(suspend, operator_), IsOk());
  EXPECT_FALSE(desk_.ListTenants({}, operator_)->tenants(0).has_suspended_at());

  EXPECT_THAT(Actions("acme"),
              ElementsAre("tenant.create", "tenant.update", "tenant.suspend", "tenant.resume", "tenant.resume"));
  update.set_name("nobody");
  suspend.set_name("nobody");
  EXPECT_THAT(desk_.UpdateTenant(update, operator_), HasCode(Code::kNotFound));
  EXPECT_THAT(desk_.SuspendTenant(suspend, operator_), HasCode(Code::kNotFound));
}

TEST_P(DeskTest, SuspendsATenantThatStandsInTheConfigurationOnly) {
  configured_.tenants.emplace_back().set_name("configured");
  v1::SuspendTenantRequest suspend;
  suspend.set_name("configured");

  ASSERT_THAT(desk_.SuspendTenant(suspend, operator_), IsOk());

  EXPECT_TRUE(Table()->tenants().at("configured").suspended);
}

TEST_P(DeskTest, KeepsUsersAndTheirSuspension) {
  Know("acme");
  v1::PutUserRequest put;
  put.mutable_user()->set_tenant("acme");
  put.mutable_user()->set_name("ada");
  ASSERT_THAT(desk_.PutUser(put, operator_), IsOk());
  v1::SuspendUserRequest suspend;
  suspend.set_tenant("acme");
  suspend.set_name("ada");
  suspend.set_because("left");
  ASSERT_THAT(desk_.SuspendUser(suspend, operator_), IsOk());
  put.mutable_user()->mutable_terms()->add_models("gpt-*");
  ASSERT_THAT(desk_.PutUser(put, operator_), IsOk()) << "new terms lift no suspension";
  suspend.set_name("bob");  // not known so far
  ASSERT_THAT(desk_.SuspendUser(suspend, operator_), IsOk());

  const auto users = desk_.ListUsers({}, operator_);

  ASSERT_EQ(users->users_size(), 2);
  EXPECT_EQ(users->users(0).suspended_because(), "left");
  EXPECT_EQ(users->users(0).terms().models(0), "gpt-*");
  EXPECT_EQ(users->users(1).name(), "bob");
  EXPECT_TRUE(users->users(1).has_suspended_at());
  EXPECT_THAT(Actions("acme"), ElementsAre("user.put", "user.suspend", "user.put", "user.suspend"));
}

// Not the user of the same name in the caller's own tenant.
TEST_P(DeskTest, TakesNoUserOfAnotherTenantForOneOfItsOwn) {
  Know("acme");
  Know("other");
  const Caller caller = CallerOf(KeyWith("acme", "keys"));
  v1::PutUserRequest put;
  put.mutable_user()->set_tenant("other");
  put.mutable_user()->set_name("ada");
  v1::SuspendUserRequest suspend;
  suspend.set_tenant("other");
  suspend.set_name("ada");

  EXPECT_THAT(desk_.PutUser(put, caller), HasCode(Code::kNotFound));
  EXPECT_THAT(desk_.SuspendUser(suspend, caller), HasCode(Code::kNotFound));
  EXPECT_THAT(store_->ReadAccounts()->users, IsEmpty());
  put.mutable_user()->clear_tenant();
  EXPECT_EQ(desk_.PutUser(put, caller)->user().tenant(), "acme");
}

TEST_P(DeskTest, MakesKeysAndUsersOnlyInATenantThatThereIs) {
  v1::CreateKeyRequest create;
  create.mutable_key()->set_tenant("acme");
  v1::PutUserRequest put;
  put.mutable_user()->set_tenant("acme");
  put.mutable_user()->set_name("ada");
  v1::SuspendUserRequest suspend;
  suspend.set_tenant("acme");
  suspend.set_name("ada");

  const auto refused = desk_.CreateKey(create, operator_);
  ASSERT_THAT(refused, HasCode(Code::kNotFound));
  EXPECT_THAT(refused.error().message, HasSubstr("`wayleave tenant create acme`"));
  EXPECT_THAT(desk_.PutUser(put, operator_), HasCode(Code::kNotFound));
  EXPECT_THAT(desk_.SuspendUser(suspend, operator_), HasCode(Code::kNotFound));
  EXPECT_THAT(Audit(), IsEmpty());

  configured_.tenants.emplace_back().set_name("acme");
  EXPECT_THAT(desk_.PutUser(put, operator_), IsOk());
  configured_ = {};
  Know("acme");
  EXPECT_THAT(desk_.CreateKey(create, operator_), IsOk());
  EXPECT_THAT(desk_.SuspendUser(suspend, operator_), IsOk());
  create.mutable_key()->set_tenant("default");
  EXPECT_THAT(desk_.CreateKey(create, operator_), IsOk());
}

TEST_P(DeskTest, MakesKeysThatCanDoNoMoreThanTheirMakers) {
  Know("acme");
  v1::CreateKeyRequest request;
  request.mutable_key()->set_tenant("acme");
  request.mutable_key()->add_scopes("keys");
  const Caller keys = CallerOf(KeyWith("acme", "keys")), admin = CallerOf(KeyWith("acme", "admin"));

  EXPECT_THAT(desk_.CreateKey(request, keys), HasCode(Code::kPermissionDenied));
  const auto made = desk_.CreateKey(request, admin);
  ASSERT_THAT(made, IsOk());
  v1::RotateKeyRequest rotate;
  rotate.set_id(made->key().id());
  EXPECT_THAT(desk_.RotateKey(rotate, keys), HasCode(Code::kPermissionDenied));
  request.mutable_key()->set_tenant("other");
  EXPECT_THAT(desk_.CreateKey(request, admin), HasCode(Code::kNotFound));
}

TEST_P(DeskTest, RefusesModelsInTheWrongPlace) {
  v1::CreateKeyRequest request;
  request.mutable_key()->mutable_terms()->add_models("gpt-*");
  EXPECT_THAT(desk_.CreateKey(request, operator_), HasCode(Code::kInvalidArgument));

  request.mutable_key()->mutable_terms()->clear_models();
  request.mutable_key()->add_models("");
  EXPECT_THAT(desk_.CreateKey(request, operator_), HasCode(Code::kInvalidArgument));
  EXPECT_THAT(Audit(), IsEmpty());
}

TEST_P(DeskTest, RotatesAKeyOnceAndLeavesTheOldOneItsOverlap) {
  Know("acme");
  v1::CreateKeyRequest create;
  create.mutable_key()->set_tenant("acme");
  create.mutable_key()->set_user("ada");
  create.mutable_key()->add_models("gpt-*");
  create.mutable_key()->mutable_terms()->mutable_limits()->set_requests_per_minute(3);
  const v1::CreateKeyResponse old = desk_.CreateKey(create, operator_).value();
  v1::RotateKeyRequest rotate;
  rotate.set_id(old.key().id());
  rotate.mutable_overlap()->set_seconds(60);

  const auto rotated = desk_.RotateKey(rotate, operator_);

  ASSERT_THAT(rotated, IsOk());
  EXPECT_NE(rotated->secret(), old.secret());
  EXPECT_EQ(rotated->key().user(), "ada");
  EXPECT_THAT(rotated->key().models(), ElementsAre("gpt-*"));
  EXPECT_EQ(rotated->key().terms().limits().requests_per_minute(), 3);
  EXPECT_EQ(rotated->old().rotated_to(), rotated->key().id());
  const auto table = Table();
  const auto at = [&](const std::string& secret, Time time) { return table->ByDigest(kHmac.Of(secret))->At(time); };
  EXPECT_EQ(at(old.secret(), clock_.Now() + 59s), Standing::kGood);
  EXPECT_EQ(at(old.secret(), clock_.Now() + 60s), Standing::kExpired);
  EXPECT_EQ(at(rotated->secret(), clock_.Now() + 24h), Standing::kGood);
  EXPECT_THAT(desk_.RotateKey(rotate, operator_), HasCode(Code::kFailedPrecondition));
  EXPECT_THAT(Actions("acme"), ElementsAre("key.create", "key.rotate"));
  rotate.set_id(rotated->key().id());
  for (const std::int64_t overlap : {std::int64_t{-1}, std::int64_t{315'576'000'000}}) {
    rotate.mutable_overlap()->set_seconds(overlap);
    EXPECT_THAT(desk_.RotateKey(rotate, operator_), HasCode(Code::kInvalidArgument));
  }
  rotate.set_id("key_unknown");
  rotate.clear_overlap();
  EXPECT_THAT(desk_.RotateKey(rotate, operator_), HasCode(Code::kNotFound));
}

TEST_P(DeskTest, AKeysEndIsNotPutOffByItsRotation) {
  v1::CreateKeyRequest create;
  *create.mutable_key()->mutable_expires_at() = TimestampOf(ToNanos(clock_.Now() + 30s));
  const v1::CreateKeyResponse old = desk_.CreateKey(create, operator_).value();
  v1::RotateKeyRequest rotate;
  rotate.set_id(old.key().id());

  const auto rotated = desk_.RotateKey(rotate, operator_);

  EXPECT_EQ(ToNanos(rotated->old().expires_at()), ToNanos(clock_.Now() + 30s));
  EXPECT_EQ(ToNanos(rotated->key().expires_at()), ToNanos(clock_.Now() + 30s));
}

TEST_P(DeskTest, UpdatesAndRevokesKeysAndSaysSoToTheirTenant) {
  const v1::Key key = MakeKeyIn("acme").key();
  v1::UpdateKeyRequest update;
  update.set_id(key.id());
  update.mutable_terms()->add_models("gpt-*");
  update.mutable_terms()->set_max_output_tokens(100);
  const auto updated = desk_.UpdateKey(update, operator_);
  ASSERT_THAT(updated, IsOk());
  EXPECT_THAT(updated->key().models(), ElementsAre("gpt-*"));
  EXPECT_EQ(Table()->ById(key.id())->principal.policy().max_output_tokens(), 100);
  v1::RevokeKeyRequest revoke;
  revoke.set_id(key.id());
  ASSERT_THAT(desk_.RevokeKey(revoke, operator_), IsOk());
  clock_.Advance(1h);

  const auto again = desk_.RevokeKey(revoke, operator_);

  EXPECT_EQ(ToNanos(again->key().revoked_at()), ToNanos(clock_.Now() - 1h)) << "the first time counts";
  EXPECT_THAT(Actions("acme"), ElementsAre("key.create", "key.update", "key.revoke", "key.revoke"));
  revoke.set_id("key_unknown");
  update.set_id("key_unknown");
  EXPECT_THAT(desk_.RevokeKey(revoke, operator_), HasCode(Code::kNotFound));
  EXPECT_THAT(desk_.UpdateKey(update, operator_), HasCode(Code::kNotFound));
}

TEST_P(DeskTest, ListsBudgetsWithWhatIsUsedAlsoBeforeAnybodyAsked) {
  v1::CreateTenantRequest request = TenantRequest("acme");
  request.mutable_tenant()->mutable_terms()->mutable_monthly()->set_hard_nano_usd(100);
  request.mutable_tenant()->mutable_terms()->mutable_monthly()->set_soft_nano_usd(50);
  ASSERT_THAT(desk_.CreateTenant(request, operator_), IsOk());
  Record("r1", "acme", "m");

  const auto budgets = desk_.ListBudgets({}, operator_);

  ASSERT_EQ(budgets->standings_size(), 1);
  EXPECT_EQ(budgets->standings(0).name(), "acme");
  EXPECT_EQ(budgets->standings(0).measure(), v1::Standing::MEASURE_MONTH);
  EXPECT_EQ(budgets->standings(0).used(), 5);
  EXPECT_EQ(budgets->standings(0).limit(), 100);
  EXPECT_EQ(budgets->standings(0).soft(), 50);
}

// Two tenants may have users of the same name.
TEST_P(DeskTest, BudgetsOfUsersNameTheirTenants) {
  for (const char* tenant : {"acme", "other"}) {
    v1::CreateTenantRequest create = TenantRequest(tenant);
    create.mutable_tenant()->mutable_user_terms()->mutable_daily()->set_hard_nano_usd(7);
    ASSERT_THAT(desk_.CreateTenant(create, operator_), IsOk());
    PutUser(tenant, "ada");
  }

  const auto budgets = desk_.ListBudgets({}, operator_);

  std::vector<std::string> whose;
  for (const v1::Standing& standing : budgets->standings()) whose.push_back(standing.tenant() + "/" + standing.name());
  EXPECT_THAT(whose, ElementsAre("acme/ada", "other/ada"));
}

TEST_P(DeskTest, TheAuditChainNamesWhoDidItAndHoldsNoSecret) {
  const v1::CreateKeyResponse made = MakeKeyIn("acme");

  const auto records = Audit();

  ASSERT_EQ(records.size(), 1u);
  const auto event = audit::FromBody(records[0].body());
  EXPECT_EQ(event->actor, "cli:ada");
  EXPECT_EQ(event->subject, made.key().id());
  EXPECT_EQ(event->at_nanos, ToNanos(clock_.Now()));
  EXPECT_THAT(records[0].body(), Not(HasSubstr(made.secret())));
  EXPECT_EQ(records[0].hash(), crypto::AsView(audit::HashOf("main", 1, {}, records[0].body())));
}

// A request for each method that changes something, which is good when it is made in this order.
std::vector<std::unique_ptr<Message>> GoodChanges(const std::string& key_id) {
  std::vector<std::unique_ptr<Message>> requests;
  for (const Method& method : Methods()) {
    if (method.reads() || method.reads_content()) continue;
    requests.push_back(method.request());
    Message& request = *requests.back();
    const auto& fields = *request.GetDescriptor();
    const auto set = [&](const char* name, const std::string& value) {
      const auto* field = fields.FindFieldByName(name);
      if (!field || field->type() != google::protobuf::FieldDescriptor::TYPE_STRING) return;
      request.GetReflection()->SetString(&request, field, value);
    };
    set("name", "acme");
    set("tenant", "acme");
    set("id", key_id);
    if (auto* create = dynamic_cast<v1::CreateTenantRequest*>(&request)) create->mutable_tenant()->set_name("new");
    if (auto* put = dynamic_cast<v1::PutUserRequest*>(&request)) {
      put->mutable_user()->set_tenant("acme");
      put->mutable_user()->set_name("ada");
    }
    if (auto* create = dynamic_cast<v1::CreateKeyRequest*>(&request)) create->mutable_key()->set_tenant("acme");
  }
  return requests;
}

const Method& MethodFor(const Message& request) {
  const std::string& name = request.GetDescriptor()->name();
  return *std::find_if(Methods().begin(), Methods().end(),
                       [&](const Method& method) { return method.name + "Request" == name; });
}

TEST_P(DeskTest, AChangeAndItsRecordAreOneTransaction) {
  ASSERT_THAT(desk_.CreateTenant(TenantRequest("acme"), operator_), IsOk());
  const std::string key_id = MakeKeyIn("acme").key().id();
  FaultyStore faulty(*store_, false, clock_);
  faulty.fault = [] { return FaultyStore::Fault::kNothingHappens; };
  Desk broken(
      faulty, kHmac, [this] { return Table(); }, clock_.AsClock());
  const auto accounts = [&] { return AllOf("acme") + AllOf("new"); };
  for (const auto& request : GoodChanges(key_id)) {
    const Method& method = MethodFor(*request);
    SCOPED_TRACE(method.name);
    const std::string before = accounts();
    const std::size_t records = Audit().size();
    EXPECT_THAT(method.call(broken, *request, operator_), HasCode(Code::kUnavailable));
    EXPECT_EQ(accounts(), before);
    EXPECT_EQ(Audit().size(), records);

    ASSERT_THAT(method.call(desk_, *request, operator_), IsOk());
    EXPECT_EQ(Audit().size(), records + 1);
    EXPECT_NE(accounts(), before);
  }

  // And where the record can't be written there is no change.
  ASSERT_THAT(place_.OpenDatabase()->Execute("ALTER TABLE audit RENAME TO gone"), IsOk());
  const std::size_t keys = store_->ReadAccounts()->keys.size();
  EXPECT_FALSE(desk_.CreateKey({}, operator_).ok());
  EXPECT_EQ(store_->ReadAccounts()->keys.size(), keys);
}

// Random calls by keys of one tenant, about things of its own, of another and of nobody.
class StrangersTest : public DeskTest {
 protected:
  StrangersTest() {
    for (const char* name : {"aa", "bb-secret"}) {
      v1::CreateTenantRequest request = TenantRequest(name);
      request.mutable_tenant()->mutable_terms()->mutable_monthly()->set_hard_nano_usd(100);
      EXPECT_THAT(desk_.CreateTenant(request, operator_), IsOk());
    }
    for (int i = 0; i < 3; ++i) {
      const std::string n = std::to_string(i);
      ids_.push_back(MakeKeyIn("aa", "aa-key" + n).key().id());
      theirs_.push_back(MakeKeyIn("bb-secret", "bb-key" + n).key().id());
      PutUser("aa", "aa-user" + n);
      PutUser("bb-secret", "bb-user" + n);
      Record("aa" + n, "aa", "aa-model" + n);
      Record("bb-record" + n, "bb-secret", "bb-model" + n);
    }
    // Some are guessed, and may then stand in what the guesser makes; the others nobody can have told.
    ids_.insert(ids_.end(), theirs_.begin() + 1, theirs_.end());
    ids_.push_back("key_unknown");
  }

  int Below(int end) { return std::uniform_int_distribution(0, end - 1)(random_); }
  std::string Word() {
    static const std::vector<std::string> kWords = {
        "",    "aa",   "bb-secret", "aa-user0",  "bb-user1",  "nobody", "default",    "main", "bb-record1",
        "aa1", "user", "tenant",    "bb-model0", "aa-model1", "admin",  "admin:read", "keys", "request"};
    const int at = Below(static_cast<int>(kWords.size() + ids_.size()));
    const auto index = static_cast<std::size_t>(at);
    return index < kWords.size() ? kWords[index] : ids_[index - kWords.size()];
  }
  void Fill(Message& message, int depth = 0) {
    const auto* reflection = message.GetReflection();
    for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
      const auto* field = message.GetDescriptor()->field(i);
      const bool text = field->type() == google::protobuf::FieldDescriptor::TYPE_STRING;
      const bool inner = field->type() == google::protobuf::FieldDescriptor::TYPE_MESSAGE;
      if (field->is_map() || field->name() == "expires_at" || field->name() == "terms" || Below(3) == 0) continue;
      if (text && field->is_repeated() && Below(3) == 0) reflection->AddString(&message, field, Word());
      if (text && !field->is_repeated()) reflection->SetString(&message, field, Word());
      if (inner && !field->is_repeated() && depth < 2 && field->message_type()->name() != "Timestamp") {
        Fill(*reflection->MutableMessage(&message, field), depth + 1);
      }
    }
  }

  std::vector<std::string> ids_, theirs_;
  std::mt19937 random_{11};
};
WAYLEAVE_ON_BOTH_ENGINES(StrangersTest);

TEST_P(StrangersTest, NeverSeeOrChangeAnythingOfEachOther) {
  const Caller callers[] = {CallerOf(KeyWith("aa", "admin")), CallerOf(KeyWith("aa", "keys")),
                            CallerOf(KeyWith("aa", "admin:read"))};
  const std::string before = AllOf("bb-secret");
  int done = 0;
  for (int i = 0; i < 3000; ++i) {
    const Method& method = Methods()[static_cast<std::size_t>(Below(static_cast<int>(Methods().size())))];
    const auto request = method.request();
    Fill(*request);
    SCOPED_TRACE(method.name + " " + request->ShortDebugString());
    const auto answer = method.call(desk_, *request, callers[Below(3)]);
    if (!answer) {
      EXPECT_NE(answer.error().code, Code::kInternal);
      EXPECT_THAT(answer.error().message, Not(HasSubstr("bb-")));
      continue;
    }
    ++done;
    const std::string told = (*answer)->ShortDebugString();
    for (const std::string& secret : {std::string("bb-user0"), std::string("bb-user2"), std::string("bb-key"),
                                      std::string("bb-record0"), std::string("bb-model1"), theirs_[0]}) {
      EXPECT_THAT(told, Not(HasSubstr(secret)));
    }
    ASSERT_TRUE(method.reads() || AllOf("bb-secret") == before);
    EXPECT_EQ(told.find("tenant: \"bb-secret\""), std::string::npos);
  }

  EXPECT_GT(done, 500);
  EXPECT_EQ(AllOf("bb-secret"), before);
}

// Texts that mean something to SQL, to patterns, to JSON, to terminals or to nobody. Bytes that are no UTF-8 are not
// among them: no message with such a text is ever parsed.
std::vector<std::string> Corpus() {
  return {"'; DROP TABLE keys; --",
          "' OR '1'='1",
          "\" OR \"\"=\"",
          "') ; DELETE FROM usage ; --",
          "%",
          "_",
          "a%",
          "*",
          "\\",
          "\\'; --",
          "?1",
          "$1",
          ":name",
          std::string("nul\0nul", 7),
          "line\nbreak",
          "\x1b[2J",
          "{\"a\":1}",
          "[]",
          "null",
          "☃ é \u202e 𝕏",
          "'" + std::string(254, 'q') + "'",
          std::string(257, 'x'),
          std::string(100'000, 'y')};
}

class InjectionTest : public DeskTest {
 protected:
  InjectionTest() {
    EXPECT_THAT(desk_.CreateTenant(TenantRequest("acme"), operator_), IsOk());
    EXPECT_THAT(desk_.CreateTenant(TenantRequest("bystander"), operator_), IsOk());
    MakeKeyIn("bystander");
    PutUser("bystander", "ada");
    Record("r1", "bystander", "m");
    key_id_ = MakeKeyIn("acme").key().id();
  }

  // Every field of text, in turn: of the message itself, of those in it, and the one entry of each list.
  void ForEachText(Message& message, const std::function<void(const std::function<void(const std::string&)>&)>& each,
                   int depth = 0) {
    const auto* reflection = message.GetReflection();
    for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
      const auto* field = message.GetDescriptor()->field(i);
      if (field->is_map()) continue;
      const bool text = field->type() == google::protobuf::FieldDescriptor::TYPE_STRING;
      if (text && field->is_repeated()) {
        each([&](const std::string& value) {
          reflection->ClearField(&message, field);
          reflection->AddString(&message, field, value);
        });
        reflection->ClearField(&message, field);
      } else if (text) {
        const std::string before = reflection->GetString(message, field);
        each([&](const std::string& value) { reflection->SetString(&message, field, value); });
        reflection->SetString(&message, field, before);
      } else if (field->type() == google::protobuf::FieldDescriptor::TYPE_MESSAGE && !field->is_repeated() &&
                 depth < 3) {
        const bool had = reflection->HasField(message, field);
        ForEachText(*reflection->MutableMessage(&message, field), each, depth + 1);
        if (!had) reflection->ClearField(&message, field);
      }
    }
  }

  struct Counts {
    std::size_t keys, tenants, users, usage, audit;
  };
  Counts Count() {
    const auto rows = [&](const char* table) {
      return static_cast<std::size_t>(database_->Query((std::string("SELECT count(*) FROM ") + table).c_str()).value());
    };
    return {rows("keys"), rows("tenants"), rows("users"), rows("usage"), rows("audit")};
  }
  // As it was answered so it is stored.
  void ExpectStored(const Message& answer) {
    using Tenant = Result<std::optional<v1::Tenant>>;
    using User = Result<std::optional<v1::User>>;
    using Key = Result<std::optional<StoredKey>>;
    const auto key_is = [&](const v1::Key& key) {
      auto found = Ask<Key>(*store_, [&](Changes& changes) { return changes.FindKey(key.id()); });
      if (!key.has_terms()) (*found)->key.clear_terms();  // there, and empty
      EXPECT_EQ((*found)->key.DebugString(), key.DebugString());
    };
    const auto tenant_is = [&](const v1::Tenant& tenant) {
      auto found = Ask<Tenant>(*store_, [&](Changes& changes) { return changes.FindTenant(tenant.name()); });
      if (!tenant.has_terms()) (*found)->clear_terms();  // there, and empty
      EXPECT_EQ((*found)->DebugString(), tenant.DebugString());
    };
    const auto user_is = [&](const v1::User& user) {
      auto found = Ask<User>(*store_, [&](Changes& changes) { return changes.FindUser(user.tenant(), user.name()); });
      if (!user.has_terms()) (*found)->clear_terms();  // there, and empty
      EXPECT_EQ((*found)->DebugString(), user.DebugString());
    };
    if (const auto* key = dynamic_cast<const v1::CreateKeyResponse*>(&answer)) key_is(key->key());
    if (const auto* key = dynamic_cast<const v1::UpdateKeyResponse*>(&answer)) key_is(key->key());
    if (const auto* tenant = dynamic_cast<const v1::CreateTenantResponse*>(&answer)) tenant_is(tenant->tenant());
    if (const auto* tenant = dynamic_cast<const v1::UpdateTenantResponse*>(&answer)) tenant_is(tenant->tenant());
    if (const auto* tenant = dynamic_cast<const v1::SuspendTenantResponse*>(&answer)) tenant_is(tenant->tenant());
    if (const auto* user = dynamic_cast<const v1::PutUserResponse*>(&answer)) user_is(user->user());
    if (const auto* user = dynamic_cast<const v1::SuspendUserResponse*>(&answer)) user_is(user->user());
  }

  // One call with one odd text somewhere in it.
  void Try(const Method& method, const Message& request, const std::string& odd, const std::string& bystander) {
    const Counts before = Count();
    const auto answer = method.call(desk_, request, operator_);
    const Counts after = Count();
    EXPECT_EQ(after.usage, before.usage);
    EXPECT_EQ(after.audit, before.audit + (answer && !method.reads() ? 1 : 0));
    EXPECT_LE(after.keys, before.keys + (answer && method.name.ends_with("Key") ? 1 : 0));
    EXPECT_LE(after.tenants, before.tenants + (answer && method.of_tenants() ? 1 : 0));
    EXPECT_LE(after.users, before.users + (answer && method.name.ends_with("User") ? 1 : 0));
    EXPECT_GE(after.keys, before.keys);
    EXPECT_GE(after.tenants, before.tenants);
    EXPECT_GE(after.users, before.users);
    if (answer && method.reads()) {
      if (IsName(odd)) return;  // "_" is a tenant like any other
      EXPECT_EQ((*answer)->ByteSizeLong(), 0u) << (*answer)->ShortDebugString().substr(0, 500);
    } else if (answer) {
      ExpectStored(**answer);
      ASSERT_TRUE(++changed_ % 20 != 0 || AllOf("bystander") == bystander);
    }
    if (!answer) {
      const Code code = answer.error().code;
      EXPECT_TRUE(code == Code::kInvalidArgument || code == Code::kNotFound) << answer.error().message;
    }
  }

  Result<Database> database_ = place_.OpenDatabase();
  std::string key_id_;
  int changed_ = 0;
};
WAYLEAVE_ON_BOTH_ENGINES(InjectionTest);

TEST_P(InjectionTest, OddTextsAreStoredAsTheyAreOrRefusedAndChangeNothingElse) {
  const std::string bystander = AllOf("bystander");
  int tried = 0;
  for (const Method& method : Methods()) {
    if (method.name == "ListTenants") continue;  // it takes none
    std::unique_ptr<Message> request = method.request();
    for (auto& good : GoodChanges(key_id_)) {
      if (good->GetDescriptor() == request->GetDescriptor()) request = std::move(good);
    }
    ForEachText(*request, [&](const auto& set) {
      for (const std::string& odd : Corpus()) {
        set(odd);
        const std::unique_ptr<Message> one(request->New());
        one->CopyFrom(*request);
        auto* sums = dynamic_cast<v1::SumUsageRequest*>(one.get());
        if (sums && !sums->of().after().empty()) continue;  // of no meaning there
        auto* create = dynamic_cast<v1::CreateTenantRequest*>(one.get());
        if (create && create->tenant().name() == "new")
          create->mutable_tenant()->set_name("new" + std::to_string(tried));
        SCOPED_TRACE(method.name + " " + one->ShortDebugString().substr(0, 300));
        Try(method, *one, odd, bystander);
        ++tried;
      }
    });
  }

  EXPECT_GT(tried, 1000);
  EXPECT_EQ(AllOf("bystander"), bystander);
  EXPECT_THAT(place_.TryOpen(), IsOk());
}

}  // namespace
}  // namespace wayleave::auth
