#include "base/rpc/wire.h"

#include <grpcpp/support/proto_buffer_reader.h>
#include <grpcpp/support/proto_buffer_writer.h>

#include <chrono>

#include "base/rpc/details.pb.h"

namespace wayleave::rpc::detail {
namespace {

constexpr const char* kErrorInfo = "type.googleapis.com/google.rpc.ErrorInfo";
constexpr const char* kRetryInfo = "type.googleapis.com/google.rpc.RetryInfo";

void AddDetail(details::Status& rich, const char* type, const google::protobuf::MessageLite& message) {
  auto& any = *rich.add_details();
  any.set_type_url(type);
  message.SerializeToString(any.mutable_value());
}

std::string Details(const Error& error) {
  if (error.reason.empty() && !error.retry_after) return {};
  details::Status rich;
  rich.set_code(static_cast<int>(error.code));
  rich.set_message(error.message);
  if (!error.reason.empty()) {
    details::ErrorInfo info;
    info.set_reason(error.reason);
    info.set_domain("wayleave");
    AddDetail(rich, kErrorInfo, info);
  }
  if (error.retry_after) {
    details::RetryInfo info;
    const auto ms = error.retry_after->count();
    info.mutable_retry_delay()->set_seconds(ms / 1000);
    info.mutable_retry_delay()->set_nanos(static_cast<int>(ms % 1000) * 1'000'000);
    AddDetail(rich, kRetryInfo, info);
  }
  return rich.SerializeAsString();
}

void ReadDetail(const google::protobuf::Any& any, Error& error) {
  if (any.type_url() == kErrorInfo) {
    details::ErrorInfo info;
    if (info.ParseFromString(any.value())) error.reason = info.reason();
  } else if (any.type_url() == kRetryInfo) {
    details::RetryInfo info;
    if (!info.ParseFromString(any.value())) return;
    error.retry_after = std::chrono::milliseconds(info.retry_delay().seconds() * 1000 +
                                                  info.retry_delay().nanos() / 1'000'000);
  }
}

}  // namespace

grpc::ByteBuffer Serialize(const google::protobuf::MessageLite& message) {
  const std::size_t size = message.ByteSizeLong();
  grpc::Slice slice(size);
  message.SerializeWithCachedSizesToArray(const_cast<std::uint8_t*>(slice.begin()));
  return grpc::ByteBuffer(&slice, 1);
}

bool Parse(grpc::ByteBuffer& buffer, google::protobuf::MessageLite& into) {
  grpc::ProtoBufferReader reader(&buffer);
  return reader.status().ok() && into.ParseFromZeroCopyStream(&reader);
}

grpc::Status ToGrpc(const Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const Error& error = status.error();
  return grpc::Status(static_cast<grpc::StatusCode>(error.code), error.message, Details(error));
}

Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return {};
  Error error{static_cast<Code>(status.error_code()), status.error_message(), {}, {}};
  details::Status rich;
  if (!status.error_details().empty() && rich.ParseFromString(status.error_details())) {
    for (const auto& any : rich.details()) ReadDetail(any, error);
  }
  return error;
}

}  // namespace wayleave::rpc::detail
