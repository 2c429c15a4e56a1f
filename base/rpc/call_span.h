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
  // Of a call by gRPC. `path` is "/wayleave.auth.v1.AuthService/Reserve"; `tracer` may be null.
  CallSpan(trace::Tracer* tracer, CallContext& context, std::string_view path);
  // Of a call within the process, whose caller has a tracer if there is one.
  CallSpan(CallContext& context, std::string_view path);

  void Ends(const Status& status);
  template <class T>
  void Ends(const Result<T>& result) {
    if (span_.recording()) Ends(result ? Status() : Status(result.error()));
  }
  bool recording() const { return span_.recording(); }

 private:
  void Begin(CallContext& context, std::string_view name);

  trace::Span span_;
};

}  // namespace wayleave::rpc
