// Content that a tenant has sealed: kept with the record, told of in the chain, given to who may read it, gone in time.
#include "auth-service/admin/desk.h"
#include "auth-service/audit/content_check.h"
#include "base/crypto/encoding.h"
#include "base/crypto/sealed_box.h"
#include "tests/auth-service/stores.h"

namespace wayleave::auth {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const crypto::HmacSha256 kHmac("0123456789abcdef0123456789abcdef");
const std::string kKey = crypto::PublicKeyText(crypto::MakeBoxKeys().public_key);
const std::string kBytes("sealed\0\xff\x01", 9);

v1::Settlement Sealed(const std::string& id, const std::string& tenant = "acme") {
  v1::Settlement settlement = SettlementOf(id);
  settlement.set_tenant(tenant);
  settlement.set_request_id("req_" + id);
  settlement.set_content(kBytes + id);
  return settlement;
}

Caller With(const std::string& tenant, const std::string& scope) {
  v1::Key key;
  key.set_id("key_caller");
  key.set_tenant(tenant);
  key.add_scopes(scope);
  return CallerOf(key);
}

class ContentTest : public testing::TestWithParam<Engine> {
 protected:
  std::shared_ptr<const KeyTable> Table() {
    return std::make_shared<const KeyTable>(store_->ReadAccounts().value(), std::vector<StoredKey>(), configured_);
  }
  bool Record(const v1::Settlement& settlement) {
    return Ask<Result<bool>>(*store_, [&](Changes& changes) { return changes.Record(settlement, clock_.Now()); })
        .value();
  }
  Result<v1::ReadContentResponse> Read(const std::string& id, const Caller& caller) {
    v1::ReadContentRequest request;
    request.set_reservation_id(id);
    return desk_.ReadContent(request, caller);
  }
  std::vector<audit::AuditEvent> Events() {
    std::vector<audit::AuditEvent> events;
    const auto records = store_->Audit({});
    for (const v1::AuditRecord& record : *records) events.push_back(audit::FromBody(record.body()).value());
    return events;
  }
  v1::Tenant StoredTenant() { return store_->ReadAccounts()->tenants.at(0); }

  StorePlace place_{GetParam()};
  std::unique_ptr<SqlStore> store_ = place_.Open();
  FakeClock clock_;
  KeyTable::Configured configured_;
  const Caller operator_ = Operator("cli:ada");
  Desk desk_{*store_, kHmac, [this] { return Table(); }, clock_.AsClock()};
};
WAYLEAVE_ON_BOTH_ENGINES(ContentTest);

TEST_P(ContentTest, IsKeptWithTheRecordOnceAndStandsInNoListOfUsage) {
  EXPECT_TRUE(Record(Sealed("a")));
  v1::Settlement again = Sealed("a");
  again.set_content("another");
  EXPECT_FALSE(Record(again));
  EXPECT_TRUE(Record(SettlementOf("b")));

  EXPECT_EQ(store_->FindContent("a").value()->sealed, kBytes + "a");
  EXPECT_EQ(store_->FindContent("a").value()->tenant, "acme");
  EXPECT_FALSE(store_->FindContent("b")->has_value());
  EXPECT_THAT(*store_->ContentsOf("req_a"), ElementsAre("a"));
  EXPECT_THAT(*store_->ContentsOf("a"), IsEmpty());
  const auto usage = store_->Usage({});
  for (const v1::Settlement& record : *usage) EXPECT_EQ(record.content(), "");
}

TEST_P(ContentTest, ComesInPages) {
  for (const char* id : {"c", "a", "b"}) Record(Sealed(id));

  const auto first = store_->Contents("", 2);
  ASSERT_THAT(*first, SizeIs(2));
  const auto second = store_->Contents(first->back().reservation_id, 2);

  ASSERT_THAT(*second, SizeIs(1));
  EXPECT_EQ(first->at(0).reservation_id + first->at(1).reservation_id + second->at(0).reservation_id, "abc");
}

TEST_P(ContentTest, IsForgottenByTheTimeOfItsRequestAndTheUsageStays) {
  v1::Settlement old = Sealed("old");
  old.mutable_started_at()->set_seconds(1'700'000'000);
  Record(old);
  Record(Sealed("new"));
  const Time between = TimeOf(1'750'000'000'000'000'000);

  const auto gone = Ask<Result<std::int64_t>>(*store_, [&](Changes& c) { return c.ForgetContentsBefore(between); });

  EXPECT_EQ(*gone, 1);
  EXPECT_FALSE(store_->FindContent("old")->has_value());
  EXPECT_TRUE(store_->FindContent("new")->has_value());
  EXPECT_THAT(*store_->Usage({}), SizeIs(2));
}

TEST_P(ContentTest, ReadingItIsOnRecordBeforeItIsGivenOut) {
  Record(Sealed("a"));

  const auto read = Read("a", operator_);

  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(read->content(), kBytes + "a");
  ASSERT_THAT(Events(), SizeIs(1));
  const audit::AuditEvent event = Events()[0];
  EXPECT_EQ(event.action + " " + event.actor + " " + event.tenant + " " + event.subject, "content.read cli:ada acme a");
}

TEST_P(ContentTest, NobodyReadsAnotherTenants) {
  Record(Sealed("a"));

  EXPECT_THAT(Read("a", With("acme", "admin:read")), IsOk());
  EXPECT_THAT(Read("a", With("acme", "admin")), IsOk());
  EXPECT_THAT(Read("a", With("default", "admin:read")), IsOk());
  EXPECT_THAT(Read("a", With("other", "admin")), HasCode(Code::kNotFound));
  EXPECT_THAT(Read("a", With("acme", "keys")), HasCode(Code::kPermissionDenied));
  EXPECT_THAT(Read("b", operator_), HasCode(Code::kNotFound));
  EXPECT_THAT(Events(), SizeIs(3));
}

TEST_P(ContentTest, ATenantOptsInWithAKeyThatIsOne) {
  v1::CreateTenantRequest create;
  create.mutable_tenant()->set_name("acme");
  for (const char* bad : {"wlpub_", "wlsec_x", "yes", "wlpub_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}) {
    create.mutable_tenant()->set_content_key(bad);
    const auto made = desk_.CreateTenant(create, operator_);
    ASSERT_THAT(made, HasCode(Code::kInvalidArgument)) << bad;
    EXPECT_THAT(made.error().message, HasSubstr("wayleave audit keygen"));
  }
  create.mutable_tenant()->set_content_key(kKey);
  create.mutable_tenant()->mutable_user_terms()->mutable_limits()->set_requests_per_minute(3);
  ASSERT_THAT(desk_.CreateTenant(create, operator_), IsOk());

  EXPECT_EQ(StoredTenant().content_key(), kKey);
  EXPECT_EQ(StoredTenant().user_terms().limits().requests_per_minute(), 3);
  EXPECT_EQ(Events().at(0).details.at("content_key"), kKey);
}

TEST_P(ContentTest, AnUpdateLeavesAsItWasWhatItDoesNotName) {
  v1::CreateTenantRequest create;
  create.mutable_tenant()->set_name("acme");
  create.mutable_tenant()->set_content_key(kKey);
  create.mutable_tenant()->mutable_user_terms()->mutable_limits()->set_requests_per_minute(3);
  ASSERT_THAT(desk_.CreateTenant(create, operator_), IsOk());
  v1::UpdateTenantRequest update;
  update.set_name("acme");

  ASSERT_THAT(desk_.UpdateTenant(update, operator_), IsOk());
  EXPECT_EQ(StoredTenant().content_key(), kKey);
  EXPECT_EQ(StoredTenant().user_terms().limits().requests_per_minute(), 3);

  update.set_content_key("");
  update.mutable_user_terms();
  ASSERT_THAT(desk_.UpdateTenant(update, operator_), IsOk());
  EXPECT_EQ(StoredTenant().content_key(), "");
  EXPECT_FALSE(StoredTenant().has_user_terms());

  update.set_content_key("nonsense");
  EXPECT_THAT(desk_.UpdateTenant(update, operator_), HasCode(Code::kInvalidArgument));
  update.clear_content_key();
  update.mutable_user_terms()->add_days("someday");
  EXPECT_THAT(desk_.UpdateTenant(update, operator_), HasCode(Code::kInvalidArgument));
}

TEST_P(ContentTest, EitherPlaceOptsInAndTheStoredKeyCounts) {
  const std::string other = crypto::PublicKeyText(crypto::MakeBoxKeys().public_key);
  v1::Tenant& configured = configured_.tenants.emplace_back();
  configured.set_name("acme");
  configured.set_content_key(other);
  const auto policy = [this] {
    v1::Principal principal;
    principal.set_tenant("acme");
    Table()->Complete(principal);
    return principal.policy().content_key();
  };
  EXPECT_EQ(policy(), other);
  const auto before = Table();

  v1::CreateTenantRequest create;
  create.mutable_tenant()->set_name("acme");
  create.mutable_tenant()->set_content_key(kKey);
  ASSERT_THAT(desk_.CreateTenant(create, operator_), IsOk());

  EXPECT_EQ(policy(), kKey);
  EXPECT_THAT(before->ChangedIn(*Table()), ElementsAre("tenant:acme"));
}

// A settlement on its way through the whole service.
TEST_P(ContentTest, SettlesWithItsHashInTheChain) {
  metrics::Registry registry("test");
  Config config;
  auto core = Core::Open(config, place_.Open(), "0123456789abcdef0123456789abcdef", registry, clock_.AsClock());
  ASSERT_THAT(core, IsOk());
  WorkerPool workers(1);
  v1::SettleRequest request;
  *request.add_settlements() = Sealed("a");
  *request.add_settlements() = SettlementOf("b");

  ASSERT_THAT(Await(workers[0], [&] { return (*core)->Settle(request); }), IsOk());

  EXPECT_TRUE(store_->FindContent("a")->has_value());
  std::string hashes;
  for (const audit::AuditEvent& event : Events()) {
    const auto found = event.details.find("content_sha256");
    hashes += event.subject + "=" + (found == event.details.end() ? "none" : found->second) + ";";
  }
  EXPECT_EQ(hashes, "a=" + crypto::Hex(crypto::AsView(crypto::Sha256(kBytes + "a"))) + ";b=none;");
}

audit::AuditEvent EventOf(const v1::Settlement& settlement) { return RequestEvent(settlement, Time()); }
KeptContent KeptOf(const v1::Settlement& settlement) {
  return {settlement.reservation_id(), settlement.tenant(), TimeOf(ToNanos(settlement.started_at())),
          settlement.content()};
}

TEST(ContentCheck, ExcusesWhatCameIntoTheChainMeanwhileAndOnlyThat) {
  audit::ContentCheck check(0);
  check.Told(EventOf(Sealed("a")));
  for (const char* id : {"a", "late", "forged"}) check.Kept(KeptOf(Sealed(id)));
  check.ToldLater(EventOf(Sealed("late")));
  v1::Settlement other = Sealed("forged");
  other.set_content("what was sealed");
  check.ToldLater(EventOf(other));

  EXPECT_EQ(check.compared(), 3);
  EXPECT_THAT(check.Differences(), ElementsAre(HasSubstr("request forged: its sealed content was added")));
}

TEST(ContentCheck, LeavesOlderOnesAloneOnBothSides) {
  audit::ContentCheck check(INT64_MAX);
  check.Told(EventOf(Sealed("told")));
  check.Kept(KeptOf(Sealed("kept")));
  EXPECT_THAT(check.Differences(), IsEmpty());
}

}  // namespace
}  // namespace wayleave::auth
