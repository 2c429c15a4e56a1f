#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include "base/result.h"

namespace wayleave::rpc::detail {

// Messages to and from gRPC's buffers. Any thread.
grpc::ByteBuffer Serialize(const google::protobuf::MessageLite& message);
// False if the bytes are no such message.
bool Parse(grpc::ByteBuffer& buffer, google::protobuf::MessageLite& into);

// The one place where an Error becomes a gRPC status, and back.
grpc::Status ToGrpc(const Status& status);
Status FromGrpc(const grpc::Status& status);

// Names of the metadata that carries a CallContext.
inline constexpr const char* kRequestIdKey = "x-request-id";
inline constexpr const char* kTraceparentKey = "traceparent";
inline constexpr const char* kTracestateKey = "tracestate";

}  // namespace wayleave::rpc::detail
