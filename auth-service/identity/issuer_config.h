#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "auth-service/identity/algorithm.h"
#include "base/config/yaml.h"

namespace wayleave::auth {

// Somebody whose tokens are believed, and what they are believed to say. A claim is named by its path: "sub",
// "realm_access.roles"; a member whose own name has dots is found as well.
struct IssuerConfig {
  std::string name;    // the operator's, for metrics and logs
  std::string issuer;  // the claim `iss`, letter for letter
  // One of them must be in the claim `aud`.
  std::vector<std::string> audiences;

  // Where the keys are: exactly one of these. A file is read again as often as a URL.
  std::string jwks_url;
  std::string jwks_file;
  // Certificate authorities for jwks_url; empty for the system's.
  std::string ca_file;
  std::vector<std::string> algorithms = AlgorithmNames();

  // How far the issuer's clock may be from ours.
  std::chrono::milliseconds skew{60'000};
  // How often the keys are read again, besides whenever a token names one that is not known.
  std::chrono::milliseconds refresh{600'000};

  // The tenant of all its users, or the claim that names it: exactly one of these.
  std::string tenant;
  std::string tenant_claim;
  std::string user_claim = "sub";
  // A list of strings, or one string with spaces between; need not be there.
  std::string roles_claim = "roles";
  // From the claim's words to roles; what is not in it is no role. Empty: the words are the roles.
  std::map<std::string, std::string> role_map;
};

// Reads a mapping of names to issuers. Throws config::ConfigError. An absent section is an empty one.
std::vector<IssuerConfig> ReadIssuers(config::Section section);

// Whether a word may name a tenant or a role: 1 to 64 letters, digits, "-", "_" and ".".
bool IsIdentityName(std::string_view word);

}  // namespace wayleave::auth
