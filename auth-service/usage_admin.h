#pragma once

#include <functional>

#include "auth-service/config.h"
#include "auth-service/store/store.h"
#include "base/result.h"
#include "wayleave/auth/v1/auth.pb.h"

namespace wayleave::auth {

using EachUsage = std::function<void(const v1::Settlement& record)>;

// Calls `each` with every recorded request that arrived at or after `since`, newest first. Only a page of them is in memory
// at a time. Blocks; any thread.
Status ForEachUsage(Store& store, Time since, const EachUsage& each);

// The same for tools that run beside a server or without one, on the store that the configuration names. kNotFound, and
// nothing is made, if nothing was ever recorded there.
Status ForEachUsage(const Config& config, Time since, const EachUsage& each);

}  // namespace wayleave::auth
