#pragma once

#include "base/http/request.h"

namespace wayleave::gateway {

// The page at /admin/ and /admin/status, for people: health, live rates, requests in progress, failures, usage and
// budgets. It is the same for everybody and holds no data: what it shows, it asks /admin/v1 for with the key that it is
// given. So it needs no key, and no browser lets another page read what it shows. All functions are pure.

bool IsStatusPage(const http::Request& request);

// With a policy that allows nothing but its own style and script, by their hashes.
http::Response StatusPage();

}  // namespace wayleave::gateway
