#include "auth-service/identity/issuer_config.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <utility>

#include "auth-service/identity/jwks_url.h"

namespace wayleave::auth {
namespace {

using namespace std::chrono_literals;
using config::Section;

constexpr std::size_t kMaxNameBytes = 64;

void ReadAudiences(Section& section, IssuerConfig& issuer) {
  if (section.Has("audience") && section.Has("audiences"))
    section.Fail("audience", "is there beside audiences; say one");
  section.Read("audience", issuer.audiences);
  section.Read("audiences", issuer.audiences);
  const char* key = section.Has("audiences") ? "audiences" : "audience";
  if (issuer.audiences.empty()) section.Fail(key, "is missing: say whom the issuer's tokens must be for");
  for (const std::string& audience : issuer.audiences) {
    if (audience.empty()) section.Fail(key, "must not be empty");
  }
}

void ReadKeys(Section& section, IssuerConfig& issuer) {
  section.Read("jwks_url", issuer.jwks_url);
  section.Read("jwks_file", issuer.jwks_file);
  section.Read("ca_file", issuer.ca_file);
  if (issuer.jwks_url.empty() == issuer.jwks_file.empty()) {
    section.Fail("needs exactly one of jwks_url and jwks_file: where the issuer's keys are");
  }
  if (!issuer.jwks_url.empty()) {
    if (auto url = ParseJwksUrl(issuer.jwks_url); !url) section.Fail("jwks_url", url.error().message);
  }
  section.Read("refresh", issuer.refresh);
  if (issuer.refresh < 10s || issuer.refresh > 24h) section.Fail("refresh", "must be from 10s to 24h");
}

std::string AllAlgorithms() {
  std::string all;
  for (const std::string& name : AlgorithmNames()) all += (all.empty() ? "" : ", ") + name;
  return all;
}

void ReadAlgorithms(Section& section, IssuerConfig& issuer) {
  section.Read("algorithms", issuer.algorithms);
  if (issuer.algorithms.empty()) section.Fail("algorithms", "must not be empty; leave it out to accept all");
  for (const std::string& name : issuer.algorithms) {
    if (!FindAlgorithm(name)) section.Fail("algorithms", "may hold " + AllAlgorithms() + ", and nothing else");
  }
}

void ReadTenant(Section& section, IssuerConfig& issuer) {
  section.Read("tenant", issuer.tenant);
  section.Read("tenant_claim", issuer.tenant_claim);
  if (issuer.tenant.empty() == issuer.tenant_claim.empty()) {
    section.Fail("needs exactly one of tenant and tenant_claim: whose users these are");
  }
  if (!issuer.tenant.empty() && !IsIdentityName(issuer.tenant)) {
    section.Fail("tenant", "must be 1 to 64 letters, digits, \"-\", \"_\" or \".\"");
  }
}

void ReadRoles(Section& section, IssuerConfig& issuer) {
  section.Read("roles_claim", issuer.roles_claim);
  section.Read("role_map", issuer.role_map);
  for (const auto& [word, role] : issuer.role_map) {
    if (!IsIdentityName(role)) section.Fail("role_map", "must map to 1 to 64 letters, digits, \"-\", \"_\" or \".\"");
  }
}

IssuerConfig ReadIssuer(const std::string& name, Section section) {
  IssuerConfig issuer;
  issuer.name = name;
  if (!IsIdentityName(name)) section.Fail("the name must be 1 to 64 letters, digits, \"-\", \"_\" or \".\"");
  section.Read("issuer", issuer.issuer);
  if (issuer.issuer.empty())
    section.Fail("issuer", "is missing: write the claim `iss` of its tokens, letter for letter");
  ReadAudiences(section, issuer);
  ReadKeys(section, issuer);
  ReadAlgorithms(section, issuer);
  section.Read("skew", issuer.skew);
  if (issuer.skew < 0ms || issuer.skew > 5min) section.Fail("skew", "must be from 0 to 5m");
  ReadTenant(section, issuer);
  section.Read("user_claim", issuer.user_claim);
  if (issuer.user_claim.empty()) section.Fail("user_claim", "must not be empty");
  ReadRoles(section, issuer);
  section.Done();
  return issuer;
}

}  // namespace

std::vector<IssuerConfig> ReadIssuers(Section section) {
  std::vector<IssuerConfig> issuers;
  std::set<std::string> known;
  for (auto& [name, child] : section.Entries()) {
    issuers.push_back(ReadIssuer(name, child));
    if (!known.insert(issuers.back().issuer).second) child.Fail("issuer", "is another issuer's already");
  }
  return issuers;
}

bool IsIdentityName(std::string_view word) {
  const auto may_stand = [](unsigned char c) {
    return (c < 0x80 && std::isalnum(c)) || c == '-' || c == '_' || c == '.';
  };
  return !word.empty() && word.size() <= kMaxNameBytes && std::all_of(word.begin(), word.end(), may_stand);
}

}  // namespace wayleave::auth
