#pragma once

#include "base/http/request.h"
#include "wayleave/auth/v1/auth.pb.h"

namespace wayleave::gateway {

// The credential that a request presents: "Authorization: Bearer …", else "x-api-key", else "api-key". Left
// empty where there is none; auth-service says what is wrong with that. Pure.
auth::v1::AuthenticateRequest CredentialOf(const http::Request& request);

// Whether a client's header may be told to the provider-service, which passes on what its configuration
// lists: never credentials, cookies, framing, or what is between the client and this hop. Takes the name in
// lower case. Pure.
bool MayTravel(std::string_view header_name);

}  // namespace wayleave::gateway
