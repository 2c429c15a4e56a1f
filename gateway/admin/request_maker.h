#pragma once

#include <google/protobuf/message.h>

#include <memory>
#include <string_view>

#include "base/result.h"
#include "gateway/admin/routes.h"

namespace wayleave::gateway {

// The rpc's request that an HTTP request stands for. INVALID_ARGUMENT names the parameter or the member of the body
// that is wrong; no message repeats a value. `target.route` must have an rpc. Pure.
Result<std::unique_ptr<google::protobuf::Message>> MakeAdminRequest(const AdminTarget& target, std::string_view query,
                                                                    std::string_view body);

}  // namespace wayleave::gateway
