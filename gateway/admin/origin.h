#pragma once

#include <span>
#include <string>

#include "base/http/request.h"
#include "base/result.h"

namespace wayleave::gateway {

// Keeps pages in somebody's browser away, which reaches loopback addresses, too: refuses a request that says that
// another origin's page made it, and one whose Host is a name that nobody gave this port, as a rebound name is. Good
// are IP addresses, localhost and `hosts`, with any port, and no Host at all, which browsers never send. Pure.
Status CheckOrigin(const http::HeaderList& headers, std::span<const std::string> hosts);

}  // namespace wayleave::gateway
