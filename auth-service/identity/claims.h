#pragma once

#include <nlohmann/json.hpp>

#include "auth-service/identity/issuer_config.h"
#include "auth-service/identity/token_identity.h"
#include "base/result.h"

namespace wayleave::auth {

// What the claims of a token say, once its signature was verified. Pure; any thread. Failures are those of
// InvalidToken().

// Whether the token is for us, and for now.
Status CheckValidity(const nlohmann::json& claims, const IssuerConfig& issuer, Time now);

// Who it is, by the issuer's claims. A tenant or user that can't be one is a failure, such a role is left out; so are
// roles beyond the 64th.
Result<TokenIdentity> IdentityOf(const nlohmann::json& claims, const IssuerConfig& issuer);

}  // namespace wayleave::auth
