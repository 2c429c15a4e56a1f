#include "auth-service/identity/certificates.h"
#include "auth-service/identity/key_table.h"
#include "auth-service/identity/standing.h"
#include "auth-service/identity/terms.h"
#include "tests/auth-service/ledger_support.h"

namespace wayleave::auth {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

v1::Terms Limits(std::int64_t requests, std::int64_t tokens, std::int64_t concurrent, std::int64_t output) {
  v1::Terms terms;
  terms.mutable_limits()->set_requests_per_minute(requests);
  terms.mutable_limits()->set_tokens_per_minute(tokens);
  terms.mutable_limits()->set_concurrent_requests(concurrent);
  terms.set_max_output_tokens(output);
  return terms;
}

TEST(Tightest, TakesTheSmallerOfEachLimitAndNoneForNoLimit) {
  const v1::Terms both = Tightest(Limits(10, 0, 5, 100), Limits(20, 7, 0, 50));

  EXPECT_EQ(both.DebugString(),
            [] {
              v1::Terms expected = Limits(10, 7, 5, 50);
              expected.mutable_daily();
              expected.mutable_monthly();
              return expected;
            }()
                .DebugString());
  EXPECT_EQ(Tightest(Limits(0, 0, 0, 0), Limits(0, 0, 0, 0)).limits().requests_per_minute(), 0);
}

TEST(Tightest, TakesTheSmallerOfEachBudgetAndZeroIsABudget) {
  v1::Terms a, b;
  a.mutable_daily()->set_hard_nano_usd(5);
  b.mutable_daily()->set_hard_nano_usd(0);
  a.mutable_monthly()->set_soft_nano_usd(9);
  b.mutable_monthly()->set_hard_nano_usd(8);
  for (const v1::Terms& both : {Tightest(a, b), Tightest(b, a)}) {
    EXPECT_TRUE(both.daily().has_hard_nano_usd());
    EXPECT_EQ(both.daily().hard_nano_usd(), 0);
    EXPECT_FALSE(both.daily().has_soft_nano_usd());
    EXPECT_EQ(both.monthly().soft_nano_usd(), 9);
    EXPECT_EQ(both.monthly().hard_nano_usd(), 8);
  }
}

TEST(CheckTerms, RefusesWhatThereCanNotBe) {
  const std::pair<const char*, std::function<void(v1::Terms&)>> cases[] = {
      {"models", [](auto& t) { t.add_models(""); }},
      {"models", [](auto& t) { t.add_models(std::string(257, 'x')); }},
      {"providers", [](auto& t) { t.add_providers("a\nb"); }},
      {"regions", [](auto& t) { t.add_regions(std::string("a\0", 2)); }},
      {"endpoints",
       [](auto& t) {
         for (int i = 0; i < 65; ++i) t.add_endpoints("x");
       }},
      {"addresses", [](auto& t) { t.add_addresses("10.0.0.0/33"); }},
      {"hours", [](auto& t) { t.add_hours("8-18"); }},
      {"days", [](auto& t) { t.add_days("monday"); }},
      {"timezone", [](auto& t) { t.set_timezone("../etc/passwd"); }},
      {"max_output_tokens", [](auto& t) { t.set_max_output_tokens(-1); }},
      {"requests_per_minute", [](auto& t) { t.mutable_limits()->set_requests_per_minute(-1); }},
      {"tokens_per_minute", [](auto& t) { t.mutable_limits()->set_tokens_per_minute(INT64_MAX); }},
      {"concurrent_requests", [](auto& t) { t.mutable_limits()->set_concurrent_requests(-1); }},
      {"budget", [](auto& t) { t.mutable_daily()->set_hard_nano_usd(-1); }},
      {"budget", [](auto& t) { t.mutable_monthly()->set_soft_nano_usd(INT64_MAX); }}};
  for (const auto& [field, set] : cases) {
    v1::Terms terms;
    set(terms);
    const Status checked = CheckTerms(terms);
    ASSERT_THAT(checked, HasCode(Code::kInvalidArgument)) << field;
    EXPECT_THAT(checked.error().message, HasSubstr(field));
  }
  EXPECT_THAT(CheckTerms({}), IsOk());
}

TEST(OpeningHours, AreThoseOfTheirZoneAlsoOverMidnightAndDaylightSaving) {
  v1::Terms terms;
  terms.add_hours("22:00-06:00");
  terms.add_days("sat");
  terms.set_timezone("Europe/Berlin");
  const OpeningHours hours(terms, Zone::Load("UTC"));
  const std::pair<const char*, bool> cases[] = {
      {"2027-03-27T20:59:59Z", false},
      {"2027-03-27T21:00:00Z", true},  // Saturday 22:00 in Berlin
      {"2027-03-28T03:59:59Z", true},
      {"2027-03-28T04:00:00Z", false},  // Sunday 06:00, an hour earlier than the day before
      {"2027-03-28T21:00:00Z", false}};
  for (const auto& [at, open] : cases) EXPECT_EQ(hours.OpenAt(At(at)), open) << at;
  EXPECT_LE(hours.NextChange(At("2027-03-27T20:30:30Z")), At("2027-03-27T21:00:00Z"));
}

StoredKey KeyFor(const std::string& id, const std::string& tenant, const std::string& user) {
  StoredKey stored;
  stored.key.set_id(id);
  stored.key.set_tenant(tenant);
  stored.key.set_user(user);
  stored.digest.fill(static_cast<unsigned char>(id.back()));
  return stored;
}

v1::User UserNamed(const std::string& tenant, const std::string& name) {
  v1::User user;
  user.set_tenant(tenant);
  user.set_name(name);
  return user;
}

TEST(KeyTable, EachOfTenantUserAndKeyMustAllow) {
  v1::Tenant tenant = TenantNamed("t");
  tenant.mutable_terms()->add_models("gpt-*");
  tenant.mutable_terms()->set_max_output_tokens(100);
  v1::User user = UserNamed("t", "ada");
  user.mutable_terms()->add_regions("eu");
  user.mutable_terms()->set_max_output_tokens(50);
  StoredKey key = KeyFor("key_1", "t", "ada");
  key.key.add_models("gpt-4*");
  key.key.mutable_terms()->add_endpoints("responses");
  key.key.mutable_terms()->set_max_output_tokens(70);
  const auto table = TableOf({tenant}, {user}, {key});

  const v1::Policy& policy = table->ById("key_1")->principal.policy();

  ASSERT_EQ(policy.further_size(), 3);
  EXPECT_THAT(policy.models(), IsEmpty());
  EXPECT_THAT(policy.further(0).models(), ElementsAre("gpt-*"));
  EXPECT_THAT(policy.further(1).regions(), ElementsAre("eu"));
  EXPECT_THAT(policy.further(2).models(), ElementsAre("gpt-4*"));
  EXPECT_THAT(policy.further(2).endpoints(), ElementsAre("responses"));
  EXPECT_EQ(policy.max_output_tokens(), 50);
  EXPECT_TRUE(policy.unmetered());
  EXPECT_FALSE(policy.priced_only());
}

TEST(KeyTable, APolicyAloneStandsInFirstPlace) {
  StoredKey key = KeyFor("key_1", "t", "");
  key.key.add_models("gpt-4*");
  key.key.mutable_terms()->mutable_limits()->set_requests_per_minute(1);
  const auto table = TableOf({}, {}, {key});

  const v1::Policy& policy = table->ById("key_1")->principal.policy();

  EXPECT_THAT(policy.models(), ElementsAre("gpt-4*"));
  EXPECT_EQ(policy.further_size(), 0);
  EXPECT_FALSE(policy.unmetered());
}

TEST(KeyTable, OnlyAHardBudgetAsksForPrices) {
  v1::Tenant soft = TenantNamed("soft");
  soft.mutable_terms()->mutable_daily()->set_soft_nano_usd(1);
  const auto table = TableOf({soft, TenantWith("hard", 0)});
  v1::Principal principal;
  principal.set_tenant("soft");
  table->Complete(principal);
  EXPECT_FALSE(principal.policy().priced_only());
  EXPECT_FALSE(principal.policy().unmetered());

  principal.set_tenant("hard");
  table->Complete(principal);
  EXPECT_TRUE(principal.policy().priced_only());
  principal.set_tenant("nobody");
  table->Complete(principal);
  EXPECT_TRUE(principal.policy().unmetered());
}

TEST(KeyTable, ConfiguredAndStoredTermsCountBesideEachOther) {
  v1::Tenant stored = TenantWith("t", 100);
  stored.mutable_terms()->add_models("a*");
  stored.mutable_terms()->mutable_limits()->set_requests_per_minute(5);
  v1::Tenant configured = TenantWith("t", 50);
  configured.mutable_terms()->add_models("b*");
  configured.mutable_terms()->mutable_limits()->set_requests_per_minute(7);
  configured.mutable_terms()->set_timezone("Europe/Berlin");
  v1::User user = UserNamed("t", "ada");
  user.mutable_terms()->set_max_output_tokens(9);
  const KeyTable table({{}, {stored}, {}}, {}, {{configured, TenantNamed("only")}, {user}});

  const Account& account = table.tenants().at("t");

  EXPECT_EQ(account.terms.monthly().hard_nano_usd(), 50);
  EXPECT_EQ(account.terms.limits().requests_per_minute(), 5);
  EXPECT_EQ(account.policies.size(), 2u);
  EXPECT_EQ(account.zone->name(), "Europe/Berlin");
  EXPECT_EQ(table.users().at({"t", "ada"}).zone->name(), "Europe/Berlin");
  EXPECT_EQ(table.users().at({"t", "ada"}).terms.max_output_tokens(), 9);
  ASSERT_EQ(table.tenant_records().size(), 2u);
  EXPECT_EQ(table.tenant_records()[0].name(), "only");
  EXPECT_EQ(table.tenant_records()[1].configured().monthly().hard_nano_usd(), 50);
  EXPECT_EQ(table.tenant_records()[1].terms().monthly().hard_nano_usd(), 100);
}

// A tenant each of whose users may spend so much a day and ask so often.
v1::Tenant TenantForEach(const std::string& name, std::int64_t nano_usd_a_day, std::int64_t requests) {
  v1::Tenant tenant = TenantNamed(name);
  if (nano_usd_a_day > 0) tenant.mutable_user_terms()->mutable_daily()->set_hard_nano_usd(nano_usd_a_day);
  if (requests > 0) tenant.mutable_user_terms()->mutable_limits()->set_requests_per_minute(requests);
  return tenant;
}

v1::Principal PrincipalFrom(const std::string& tenant, const std::string& user) {
  v1::Principal principal;
  principal.set_tenant(tenant);
  principal.set_user(user);
  principal.set_key_id("token:corp");
  return principal;
}

TEST(KeyTable, EachUserHasTheTenantsTermsByHimselfAndHisOwnTheTighterOnesCount) {
  v1::Tenant stored = TenantForEach("t", 50, 9);
  stored.mutable_terms()->set_timezone("Europe/Berlin");
  v1::Tenant configured = TenantForEach("t", 70, 5);
  configured.mutable_user_terms()->add_models("gpt-*");
  v1::User ada = UserNamed("t", "ada");
  ada.mutable_terms()->mutable_daily()->set_hard_nano_usd(60);
  ada.mutable_terms()->mutable_limits()->set_requests_per_minute(2);
  const KeyTable table({{KeyFor("key_1", "t", "bob"), KeyFor("key_2", "t", "")}, {stored}, {ada}}, {},
                       {{configured}, {}});

  const Account& known = *table.AccountsOf(PrincipalFrom("t", "ada")).user;
  EXPECT_EQ(known.terms.daily().hard_nano_usd(), 50);
  EXPECT_EQ(known.terms.limits().requests_per_minute(), 2);
  EXPECT_EQ(known.id, "user/t/ada");
  EXPECT_EQ(table.users().at({"t", "bob"}).terms.daily().hard_nano_usd(), 50);

  const Accounted unknown = table.AccountsOf(PrincipalFrom("t", "eve"));
  ASSERT_TRUE(unknown.user);
  EXPECT_EQ(unknown.user->id, "user/t/eve");
  EXPECT_EQ(unknown.user->name(), "eve");
  EXPECT_EQ(unknown.user->terms.limits().requests_per_minute(), 5);
  EXPECT_EQ(unknown.user->policies.size(), 1u);
  EXPECT_EQ(unknown.user->zone->name(), "Europe/Berlin");
  EXPECT_FALSE(unknown.user->suspended);

  EXPECT_FALSE(table.AccountsOf(PrincipalFrom("t", "")).user);
  EXPECT_TRUE(table.ById("key_2")->principal.policy().unmetered());
  EXPECT_TRUE(table.ById("key_1")->principal.policy().priced_only());
  EXPECT_THAT(table.ById("key_1")->principal.policy().models(), ElementsAre("gpt-*"));
  EXPECT_EQ(table.tenant_records()[0].user_terms().daily().hard_nano_usd(), 50);
  EXPECT_EQ(table.tenant_records()[0].configured_user_terms().daily().hard_nano_usd(), 70);
}

TEST(KeyTable, WhereUsersHaveNothingByThemselvesAnUnknownOneHasNoAccount) {
  const auto table = TableOf({TenantNamed("t")}, {}, {KeyFor("key_1", "t", "bob")});

  EXPECT_FALSE(table->AccountsOf(PrincipalFrom("t", "bob")).user);
  EXPECT_TRUE(table->users().empty());
}

TEST(KeyTable, TermsOfEachUserThatChangeAreAChangeOfTheTenants) {
  const std::vector<StoredKey> keys = {KeyFor("key_1", "t", "ada"), KeyFor("key_2", "t", ""), KeyFor("key_3", "u", "")};
  const auto before = TableOf({TenantForEach("t", 50, 0), TenantNamed("u")}, {}, keys);

  for (const std::int64_t money : {0, 40}) {
    const auto later = TableOf({TenantForEach("t", money, 0), TenantNamed("u")}, {}, keys);
    EXPECT_THAT(before->ChangedIn(*later), UnorderedElementsAre("tenant:t", "key_1", "key_2"));
    EXPECT_THAT(later->ChangedIn(*before), UnorderedElementsAre("tenant:t", "key_1", "key_2"));
  }
}

TEST(KeyTable, KnowsTenantsThatAreStoredOrConfiguredAndTheOneThatThereAlwaysIs) {
  const KeyTable table({{KeyFor("key_1", "lost", "")}, {TenantNamed("stored")}, {UserNamed("lost", "ada")}}, {},
                       {{TenantNamed("configured")}, {}}, 7);

  for (const char* name : {"default", "stored", "configured"}) EXPECT_TRUE(table.HasTenant(name)) << name;
  EXPECT_FALSE(table.HasTenant("lost"));
  EXPECT_EQ(table.version(), 7);
}

// Somebody's hands were in the database.
TEST(KeyTable, TermsThatMakeNoSenseAllowNothing) {
  v1::Tenant tenant = TenantNamed("t");
  tenant.mutable_terms()->add_hours("whenever");
  const auto table = TableOf({tenant}, {}, {KeyFor("key_1", "t", "")});

  EXPECT_THAT(table->ById("key_1")->principal.policy().endpoints(), ElementsAre(HasSubstr("none")));
}

TEST(MayEnter, NobodyWhoIsSuspendedByAnyOfThemAndSaysByWhom) {
  v1::Tenant tenant = TenantNamed("t");
  v1::User user = UserNamed("t", "ada");
  user.mutable_suspended_at()->set_seconds(1);
  user.set_suspended_because("Ask Bob.");
  const auto table = TableOf({tenant}, {user}, {KeyFor("key_1", "t", "ada"), KeyFor("key_2", "t", "bob")});
  const Time now = At("2027-01-15T12:00:00Z");

  const Status ada = MayEnter(table->AccountsOf(table->ById("key_1")->principal), now);
  ASSERT_THAT(ada, HasCode(Code::kPermissionDenied));
  EXPECT_EQ(ada.error().reason, "user_suspended");
  EXPECT_THAT(ada.error().message, HasSubstr("Ask Bob."));
  EXPECT_THAT(MayEnter(table->AccountsOf(table->ById("key_2")->principal), now), IsOk());

  tenant.mutable_suspended_at()->set_seconds(1);
  const auto later = TableOf({tenant}, {}, {KeyFor("key_2", "t", "bob")});
  const Status bob = MayEnter(later->AccountsOf(later->ById("key_2")->principal), now);
  ASSERT_THAT(bob, HasCode(Code::kPermissionDenied));
  EXPECT_EQ(bob.error().reason, "tenant_suspended");
}

TEST(MayEnter, OnlyWhenAllOfThemAreOpen) {
  v1::Tenant tenant = TenantNamed("t");
  tenant.mutable_terms()->add_hours("08:00-18:00");
  StoredKey key = KeyFor("key_1", "t", "");
  key.key.mutable_terms()->add_hours("12:00-20:00");
  const auto table = TableOf({tenant}, {}, {key});
  const Accounted accounted = table->AccountsOf(table->ById("key_1")->principal);

  EXPECT_THAT(MayEnter(accounted, At("2027-01-15T11:59:00Z")), HasCode(Code::kPermissionDenied));
  EXPECT_THAT(MayEnter(accounted, At("2027-01-15T12:00:00Z")), IsOk());
  EXPECT_THAT(MayEnter(accounted, At("2027-01-15T18:00:00Z")), HasCode(Code::kPermissionDenied));
}

TEST(KeyTable, NamesTheKeysOfTenantsAndUsersThatHaveChanged) {
  const std::vector<StoredKey> keys = {KeyFor("key_1", "t", "ada"), KeyFor("key_2", "t", "bob"),
                                       KeyFor("key_3", "u", "ada")};
  const auto before = TableOf({TenantNamed("t"), TenantNamed("u")}, {UserNamed("t", "ada")}, keys);
  v1::Tenant suspended = TenantNamed("t");
  suspended.mutable_suspended_at()->set_seconds(1);
  v1::User hurried = UserNamed("t", "ada");
  hurried.mutable_terms()->add_hours("08:00-18:00");
  StoredKey used = keys[0];
  used.key.mutable_last_used_at()->set_seconds(9);

  EXPECT_THAT(before->ChangedIn(*TableOf({suspended, TenantNamed("u")}, {UserNamed("t", "ada")}, keys)),
              UnorderedElementsAre("tenant:t", "key_1", "key_2"));
  EXPECT_THAT(before->ChangedIn(*TableOf({TenantNamed("t"), TenantNamed("u")}, {hurried}, keys)),
              UnorderedElementsAre("tenant:t", "key_1"));
  EXPECT_THAT(before->ChangedIn(*TableOf({TenantNamed("t"), TenantWith("u", 5)}, {UserNamed("t", "ada")}, keys)),
              UnorderedElementsAre("tenant:u", "key_3"));
  EXPECT_THAT(before->ChangedIn(
                  *TableOf({TenantNamed("t"), TenantNamed("u")}, {UserNamed("t", "ada")}, {used, keys[1], keys[2]})),
              IsEmpty());
  EXPECT_THAT(before->ChangedIn(*TableOf({TenantNamed("t"), TenantNamed("u"), TenantNamed("v")},
                                         {UserNamed("t", "ada"), UserNamed("u", "ada")}, keys)),
              UnorderedElementsAre("tenant:v", "tenant:u", "key_3"));
}

TEST(PrincipalOf, TakesTheFirstRuleThatOneOfTheNamesFulfils) {
  const std::vector<CertificateRule> rules = {{"dns:*.research.corp", "research", "", {"agent"}},
                                              {"cn:ada", "default", "ada", {}},
                                              {"subject:CN=*,O=Corp", "corp", "", {}},
                                              {"email:*@corp", "mail", "", {}}};
  const auto of = [&](const std::vector<std::string>& names, const std::string& cn, const std::string& subject) {
    v1::ClientCertificate certificate;
    for (const std::string& name : names) certificate.add_names(name);
    certificate.set_common_name(cn);
    certificate.set_subject(subject);
    certificate.set_fingerprint("00112233445566778899");
    return PrincipalOf(certificate, rules);
  };

  EXPECT_EQ(of({"dns:a.research.corp"}, "ada", "")->tenant(), "research");
  EXPECT_EQ(of({"dns:a.research.corp"}, "ada", "")->user(), "a.research.corp");
  EXPECT_THAT(of({"dns:a.research.corp"}, "", "")->roles(), ElementsAre("agent"));
  EXPECT_EQ(of({}, "ada", "")->user(), "ada");
  EXPECT_EQ(of({}, "bob", "CN=bob,O=Corp")->user(), "CN=bob,O=Corp");
  EXPECT_EQ(of({"email:bob@corp"}, "", "")->key_id(), "cert:0011223344556677");
  EXPECT_THAT(of({"dns:research.corp.evil"}, "eve", "CN=eve,O=Other"), HasCode(Code::kUnauthenticated));
  EXPECT_THAT(of({"uri:dns:a.research.corp"}, "", ""), HasCode(Code::kUnauthenticated));
  // A kind of name can't pass for another.
  EXPECT_THAT(of({"dns:x"}, "dns:a.research.corp", ""), HasCode(Code::kUnauthenticated));
}

}  // namespace
}  // namespace wayleave::auth
