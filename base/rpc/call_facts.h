#pragma once

#include <grpcpp/server_context.h>

#include <string>
#include <utility>
#include <vector>

#include "base/rpc/context.h"

namespace wayleave::rpc::detail {

// What gRPC knows of a call that has started, in our terms. Pure.

// Its ids, its place in a trace and its deadline.
CallContext ContextOf(const grpc::ServerContext& from);

// As ServerCall::metadata().
std::vector<std::pair<std::string, std::string>> TextMetadata(const grpc::ServerContext& from);

// "ipv4:127.0.0.1:5000" and "ipv6:%5B::1%5D:5000" to the address alone; other kinds stay as they are.
std::string AddressOf(std::string peer);

}  // namespace wayleave::rpc::detail
