#pragma once

#include <functional>
#include <string>

#include "auth-service/time.h"
#include "base/result.h"
#include "wayleave/auth/v1/auth.pb.h"

namespace wayleave::auth {

// Calls `each` with every recorded request that arrived at or after `since`, newest first, for tools that run beside a
// server or without one. Only a page of them is in memory at a time. Blocks; main thread. `state_dir` as in Config;
// kNotFound if nothing was ever recorded there.
Status ForEachUsage(const std::string& state_dir, Time since,
                    const std::function<void(const v1::Settlement& record)>& each);

}  // namespace wayleave::auth
