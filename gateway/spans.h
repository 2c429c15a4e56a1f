#pragma once

#include <string_view>

#include "base/http/request.h"
#include "base/rpc/context.h"
#include "base/trace/span.h"
#include "gateway/doors.h"
#include "gateway/record.h"
#include "wayleave/provider/v1/provider.pb.h"
#include "wayleave/router/v1/router.pb.h"

namespace wayleave::gateway {

// The spans of a request, named and described as OpenTelemetry's conventions for HTTP, RPC and generative AI have it;
// `wayleave.…` is what they have no word for. No function looks at content or credentials. A tracer may be null.

// Begins the record's span, in the client's trace if its headers name one. The record's times and method are known;
// `door` is null for a path that leads nowhere.
void BeginRequest(trace::Tracer* tracer, const http::Request& request, const Door* door, Record& record);
// The same for a call of inference.v1, whose method is the record's.
void BeginCall(trace::Tracer* tracer, const http::HeaderList& metadata, Record& record);
// Ends it, with what is known then.
void EndRequest(Record& record);

// A request to one target, from now until it has answered.
trace::Span BeginAttempt(const Record& record, provider::v1::Endpoint endpoint, const router::v1::Target& target);
// `model` as the target knows it.
void EndAttempt(const provider::v1::End& end, std::string_view model, trace::Span& span);
void EndAttempt(const provider::v1::Failure& failure, trace::Span& span);

// The questions that a request asks the services one after another: each has a span, to which calls made with the
// context belong meanwhile. Belongs to the request; the context outlives it.
class Stages {
 public:
  explicit Stages(rpc::CallContext& context) : context_(context), outer_(context.trace) {}
  ~Stages() { context_.trace = outer_; }

  // Ends the one before.
  void Begin(const char* name);
  template <class R>
  void End(const R& result) {
    if (span_.recording() && !result) span_.Fail(result.error().reason);
    span_.End();
  }

 private:
  rpc::CallContext& context_;
  const trace::Context outer_;
  trace::Span span_;
};

}  // namespace wayleave::gateway
