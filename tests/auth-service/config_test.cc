#include "auth-service/config.h"

#include <stdlib.h>

#include "tests/auth-service/support.h"

namespace wayleave::auth {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

Config Parse(const std::string& text) {
  config::Section root = config::Document::Parse(text);
  return ReadConfig(root);
}

TEST(Config, HasDefaultsForEverything) {
  const Config config = Parse("{}");

  EXPECT_EQ(config.listen, "127.0.0.1:8791");
  EXPECT_EQ(config.admin, "127.0.0.1:9791");
  EXPECT_EQ(config.cache_max_age, 60s);
  EXPECT_EQ(config.database, "");
  EXPECT_TRUE(config.audit_requests);
  EXPECT_EQ(config.usage_retention, 0s);
  EXPECT_EQ(config.content_retention, 720h);
  EXPECT_TRUE(config.tenants.tenants.empty());
}

TEST(Config, ReadsItsSection) {
  const Config config = Parse(
      "auth: {listen: '0.0.0.0:1', admin: '127.0.0.1:2', state_dir: /s, cache_max_age: 5s, workers: 3, "
      "max_reservations: 10, reflection: true, audit_requests: false, usage_retention: 720h, content_retention: 0s, "
      "database: 'postgres://u@h/d', key_secret: 0123456789abcdef0123456789abcdef, "
      "certificates: [{name: 'dns:*.research.corp', tenant: research, user: ada, roles: [a, b]}]}");

  EXPECT_EQ(config.listen, "0.0.0.0:1");
  EXPECT_EQ(config.admin, "127.0.0.1:2");
  EXPECT_EQ(config.state_dir, "/s");
  EXPECT_EQ(config.cache_max_age, 5s);
  EXPECT_EQ(config.workers, 3);
  EXPECT_EQ(config.max_reservations, 10u);
  EXPECT_TRUE(config.reflection);
  EXPECT_FALSE(config.audit_requests);
  EXPECT_EQ(config.usage_retention, 720h);
  EXPECT_EQ(config.content_retention, 0s);
  EXPECT_EQ(config.database, "postgres://u@h/d");
  ASSERT_EQ(config.certificates.size(), 1u);
  EXPECT_EQ(config.certificates[0].tenant, "research");
  EXPECT_THAT(config.certificates[0].roles, ElementsAre("a", "b"));
}

TEST(Config, ReadsTenantsAndTheirUsers) {
  const Config config = Parse(R"(
tenants:
  research:
    models: [gpt-*]
    providers: [ollama]
    regions: [eu]
    endpoints: [responses]
    addresses: [10.0.0.0/8]
    hours: ["08:00-18:00"]
    days: [mon, tue]
    timezone: Europe/Berlin
    max_output_tokens: 1000
    limits: {rpm: 60, tpm: 100000, concurrent: 4}
    budget: {daily: 12.5, soft_monthly: 100}
    users:
      ada: {budget: {monthly: 0}}
)");

  ASSERT_EQ(config.tenants.tenants.size(), 1u);
  const v1::Terms& terms = config.tenants.tenants[0].terms();
  EXPECT_THAT(terms.models(), ElementsAre("gpt-*"));
  EXPECT_THAT(terms.providers(), ElementsAre("ollama"));
  EXPECT_THAT(terms.regions(), ElementsAre("eu"));
  EXPECT_THAT(terms.endpoints(), ElementsAre("responses"));
  EXPECT_THAT(terms.addresses(), ElementsAre("10.0.0.0/8"));
  EXPECT_THAT(terms.hours(), ElementsAre("08:00-18:00"));
  EXPECT_THAT(terms.days(), ElementsAre("mon", "tue"));
  EXPECT_EQ(terms.timezone(), "Europe/Berlin");
  EXPECT_EQ(terms.max_output_tokens(), 1000);
  EXPECT_EQ(terms.limits().requests_per_minute(), 60);
  EXPECT_EQ(terms.limits().tokens_per_minute(), 100'000);
  EXPECT_EQ(terms.limits().concurrent_requests(), 4);
  EXPECT_EQ(terms.daily().hard_nano_usd(), 12'500'000'000);
  EXPECT_FALSE(terms.daily().has_soft_nano_usd());
  EXPECT_EQ(terms.monthly().soft_nano_usd(), 100'000'000'000);
  ASSERT_EQ(config.tenants.users.size(), 1u);
  EXPECT_EQ(config.tenants.users[0].tenant(), "research");
  EXPECT_EQ(config.tenants.users[0].name(), "ada");
  EXPECT_TRUE(config.tenants.users[0].terms().monthly().has_hard_nano_usd());
}

TEST(Config, ReadsWhatEachUserOfATenantHas) {
  const Config config = Parse("tenants: {t: {limits: {rpm: 60}, each_user: {limits: {rpm: 6}, budget: {daily: 2}}}, u: {}}");

  const v1::Tenant& tenant = config.tenants.tenants[0];
  EXPECT_EQ(tenant.terms().limits().requests_per_minute(), 60);
  EXPECT_EQ(tenant.user_terms().limits().requests_per_minute(), 6);
  EXPECT_EQ(tenant.user_terms().daily().hard_nano_usd(), 2'000'000'000);
  EXPECT_FALSE(config.tenants.tenants[1].has_user_terms());
}

// Whom somebody is let in for is known; a tenant that a token names by itself is not.
TEST(Config, KnowsTheTenantsThatIssuersAndCertificatesStandFor) {
  const Config config = Parse(
      "auth: {jwt: {a: {issuer: a, audience: a, jwks_file: f, tenant: fixed}, "
      "b: {issuer: b, audience: a, jwks_file: f, tenant_claim: org}}, "
      "certificates: [{name: 'dns:x', tenant: fixed}, {name: 'dns:y', tenant: batch}, {name: 'dns:z', tenant: filed}]}\n"
      "tenants: {filed: {limits: {rpm: 1}}}");

  std::vector<std::string> names;
  for (const v1::Tenant& tenant : config.tenants.tenants) names.push_back(tenant.name());
  EXPECT_THAT(names, ElementsAre("filed", "fixed", "batch"));
  EXPECT_EQ(config.tenants.tenants[0].terms().limits().requests_per_minute(), 1);
}

TEST(Config, RefusesWhatItDoesNotKnowOrMean) {
  for (const char* text : {"auth: {lisen: x}",
                           "auth: {workers: -1}",
                           "auth: {workers: many}",
                           "auth: {cache_max_age: -1s}",
                           "auth: {max_reservations: 0}",
                           "auth: {usage_retention: -1h}",
                           "auth: {content_retention: -1h}",
                           "auth: {key_secret: short}",
                           "auth: {database: 'mysql://h/d', key_secret: 0123456789abcdef0123456789abcdef}",
                           "auth: {database: 'postgres://h/d'}",
                           "auth: {certificates: [{name: corp, tenant: t}]}",
                           "auth: {certificates: [{name: 'dns:corp'}]}",
                           "auth: {certificates: [{name: 'dns:corp', tenant: 'a b'}]}",
                           "tenants: {'a b': {}}",
                           "tenants: {t: {modles: [x]}}",
                           "tenants: {t: {models: []}}",
                           "tenants: {t: {hours: [now]}}",
                           "tenants: {t: {days: [someday]}}",
                           "tenants: {t: {timezone: Nowhere/Else}}",
                           "tenants: {t: {addresses: [here]}}",
                           "tenants: {t: {limits: {rpm: -1}}}",
                           "tenants: {t: {limits: {rps: 1}}}",
                           "tenants: {t: {budget: {daily: -1}}}",
                           "tenants: {t: {budget: {yearly: 1}}}",
                           "tenants: {t: {content_key: wlpub_short}}",
                           "tenants: {t: {each_user: {users: {}}}}",
                           "tenants: {t: {each_user: {hours: [now]}}}",
                           "tenants: {t: {users: {ada: {nodels: [x]}}}}"}) {
    EXPECT_THROW(Parse(text), config::ConfigError) << text;
  }
}

TEST(Config, TakesTheKeyOfTheEnvironment) {
  setenv("PROXY_API_KEY", "from-the-environment", 1);
  Config config;

  ApplyEnvironment(config);
  unsetenv("PROXY_API_KEY");

  EXPECT_EQ(config.proxy_api_key, "from-the-environment");
}

}  // namespace
}  // namespace wayleave::auth
