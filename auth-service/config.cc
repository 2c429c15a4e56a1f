#include "auth-service/config.h"

#include <algorithm>
#include <cstdlib>

#include "auth-service/config_tenants.h"
#include "auth-service/store/postgres.h"

namespace wayleave::auth {
namespace {

constexpr std::size_t kShortestSecret = 32;

std::vector<CertificateRule> ReadCertificates(config::Section& section) {
  std::vector<CertificateRule> rules;
  for (config::Section& entry : section.List("certificates")) {
    CertificateRule rule;
    entry.Read("name", rule.name);
    entry.Read("tenant", rule.tenant);
    entry.Read("user", rule.user);
    entry.Read("roles", rule.roles);
    if (rule.name.find(':') == std::string::npos) {
      entry.Fail("name", "must begin with dns:, uri:, email:, cn: or subject:");
    }
    if (!IsName(rule.tenant)) entry.Fail("tenant", "must be of 1 to 64 letters, digits, and - _ .");
    entry.Done();
    rules.push_back(std::move(rule));
  }
  return rules;
}

void AddTenant(const std::string& name, std::vector<v1::Tenant>& tenants) {
  const auto same = [&](const v1::Tenant& tenant) { return tenant.name() == name; };
  if (name.empty() || std::any_of(tenants.begin(), tenants.end(), same)) return;
  tenants.emplace_back().set_name(name);
}

// A tenant for whom somebody is let in needs no entry of its own. One that a token names by itself is not made by that.
void AddNamedTenants(Config& config) {
  for (const IssuerConfig& issuer : config.issuers) AddTenant(issuer.tenant, config.tenants.tenants);
  for (const CertificateRule& rule : config.certificates) AddTenant(rule.tenant, config.tenants.tenants);
}

void ReadDatabase(config::Section& section, Config& config) {
  section.Read("database", config.database);
  section.Read("key_secret", config.key_secret);
  if (!config.database.empty() && !IsPostgres(config.database)) {
    section.Fail("database", "must be a URL like postgres://user@host/name; without one, SQLite in the state directory");
  }
  if (!config.key_secret.empty() && config.key_secret.size() < kShortestSecret) {
    section.Fail("key_secret", "must have at least 32 characters; `openssl rand -hex 32` makes some");
  }
  if (!config.database.empty() && config.key_secret.empty()) {
    section.Fail("database", "needs auth.key_secret, too, the same for every auth-service: keys are stored as digests that "
                             "are made with it; `openssl rand -hex 32` makes one");
  }
}

void Check(const config::Section& section, const Config& config) {
  if (config.workers < 0 || config.workers > 256) section.Fail("workers", "must be from 0 to 256");
  if (config.cache_max_age.count() < 0) section.Fail("cache_max_age", "must not be negative");
  if (config.usage_retention.count() < 0) section.Fail("usage_retention", "must not be negative");
  if (config.content_retention.count() < 0) section.Fail("content_retention", "must not be negative");
  if (config.max_reservations == 0) section.Fail("max_reservations", "must be at least 1");
}

}  // namespace

Config ReadConfig(config::Section& root) {
  config::Section section = root.Child("auth");
  Config config;
  section.Read("listen", config.listen);
  section.Read("admin", config.admin);
  section.Read("state_dir", config.state_dir);
  ReadDatabase(section, config);
  section.Read("cache_max_age", config.cache_max_age);
  section.Read("workers", config.workers);
  section.Read("max_reservations", config.max_reservations);
  section.Read("reflection", config.reflection);
  section.Read("audit_requests", config.audit_requests);
  section.Read("usage_retention", config.usage_retention);
  section.Read("content_retention", config.content_retention);
  config.issuers = ReadIssuers(section.Child("jwt"));
  config.certificates = ReadCertificates(section);
  Check(section, config);
  section.Done();
  config.tenants = ReadTenants(root.Child("tenants"));
  AddNamedTenants(config);
  return config;
}

void ApplyEnvironment(Config& config) {
  if (const char* key = std::getenv("PROXY_API_KEY")) config.proxy_api_key = key;
}

}  // namespace wayleave::auth
