#pragma once

#include <string>

#include "base/result.h"

namespace wayleave::auth {

// Whether PostgreSQL's library understands the URL as its writer meant it. kInvalidArgument, without a word of the URL,
// if not: a password with an @ or a / in it would be taken for a host or a port, and be told in the next message. Pure.
Status CheckPostgresUrl(const std::string& url);

// `text` with the URL's passwords taken out. Pure.
std::string WithoutPassword(std::string text, const std::string& url);

}  // namespace wayleave::auth
