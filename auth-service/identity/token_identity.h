#pragma once

#include <string>
#include <vector>

#include "auth-service/time.h"

namespace wayleave::auth {

// Whom a token proves its bearer to be.
struct TokenIdentity {
  std::string tenant;
  std::string user;
  std::vector<std::string> roles;  // each once, in the token's order
  // The claim `exp` as it stands. Within the skew it may lie a little in the past.
  Time expires_at;
  std::string issuer;   // the claim `iss`
  std::string subject;  // the claim `sub`; empty if there is none
};

}  // namespace wayleave::auth
