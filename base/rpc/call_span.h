#pragma once

#include <string_view>

#include "base/result.h"
#include "base/rpc/context.h"
#include "base/trace/span.h"

namespace wayleave::rpc {

// The span of a call at the service that answers it. It becomes the context's place in the trace, so that what is done
// for the call has it as its parent. Ends with the object, or before.
class CallSpan {
 public:
  // `path` is "/wayleave.auth.v1.AuthService/Reserve"; `tracer` may be null.
  CallSpan(trace::Tracer* tracer, CallContext& context, std::string_view path);

  void Ends(const Status& status);

 private:
  trace::Span span_;
};

}  // namespace wayleave::rpc
