#pragma once

#include <string>

#include "base/http/url.h"
#include "base/result.h"

namespace wayleave::auth {

// Where to ask for a key set, and what for.
struct JwksUrl {
  http::Url server;    // its path is of no meaning
  std::string target;  // path and query as they were written: issuers tell their sets apart by either
};

// kInvalidArgument, as the end of a sentence that begins with the setting's name, for what is no http or https
// address, for plain http to another machine (whoever sits between could bring keys of their own), and for addresses
// that Wayleave never calls.
Result<JwksUrl> ParseJwksUrl(const std::string& text);

}  // namespace wayleave::auth
