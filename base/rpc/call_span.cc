#include "base/rpc/call_span.h"

#include "base/trace/tracer.h"

namespace wayleave::rpc {
namespace {

// With the others the caller is at fault.
bool IsOurFault(Code code) {
  switch (code) {
    case Code::kUnknown:
    case Code::kDeadlineExceeded:
    case Code::kUnimplemented:
    case Code::kInternal:
    case Code::kUnavailable:
    case Code::kDataLoss:
      return true;
    default:
      return false;
  }
}

}  // namespace

CallSpan::CallSpan(trace::Tracer* tracer, CallContext& context, std::string_view path) {
  if (tracer) context.trace = tracer->Join(std::move(context.trace));
  const std::string_view name = path.substr(1);
  span_ = trace::Span(context.trace, trace::Kind::kServer, name);
  if (!span_.recording()) return;
  context.trace = span_.context();
  const auto slash = name.find('/');
  span_.Set("rpc.system", "grpc");
  span_.Set("rpc.service", name.substr(0, slash));
  span_.Set("rpc.method", name.substr(slash + 1));
}

void CallSpan::Ends(const Status& status) {
  if (!span_.recording()) return;
  const Code code = status ? Code::kOk : status.error().code;
  span_.Set("rpc.grpc.status_code", static_cast<int>(code));
  if (IsOurFault(code)) span_.Fail(status.error().reason);
  span_.End();
}

}  // namespace wayleave::rpc
