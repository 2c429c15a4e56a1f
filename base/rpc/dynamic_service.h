#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/async_stream.h>
#include <grpcpp/support/byte_buffer.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/async/task.h"
#include "base/result.h"
#include "base/rpc/call_metrics.h"
#include "base/rpc/poller.h"

namespace wayleave::rpc {

class ServerCall;

namespace detail {

// What a server was told of one method. Outlives every call of it.
struct Method {
  std::string path;
  bool stream = false;
  std::function<std::unique_ptr<google::protobuf::Message>()> make;
  std::function<Task<Status>(ServerCall&, google::protobuf::Message&)> handler;
  metrics::CallSeries* series = nullptr;

  void Count(const Status& status, std::chrono::steady_clock::time_point start) const {
    const Code code = status ? Code::kOk : status.error().code;
    if (series) series->Count(code, std::chrono::steady_clock::now() - start);
  }
};

// A gRPC service made of our methods at run time: each is one request and a stream of responses, so one
// piece of code serves them all. Registered by name, so that reflection and health know it.
class DynamicService final : public grpc::Service {
 public:
  void Add(Method method) {
    methods_.push_back(std::make_unique<Method>(std::move(method)));
    const int index = static_cast<int>(methods_.size()) - 1;
    AddMethod(new grpc::internal::RpcServiceMethod(methods_.back()->path.c_str(),
                                                   grpc::internal::RpcMethod::SERVER_STREAMING, nullptr));
    MarkMethodAsync(index);
  }
  std::size_t size() const { return methods_.size(); }
  const Method& method(int index) const { return *methods_[static_cast<std::size_t>(index)]; }

  void Request(int index, grpc::ServerContext& context, grpc::ByteBuffer& request,
               grpc::ServerAsyncWriter<grpc::ByteBuffer>& writer, grpc::ServerCompletionQueue& queue, Tag& tag) {
    RequestAsyncServerStreaming(index, &context, &request, &writer, &queue, &queue, &tag);
  }

 private:
  std::vector<std::unique_ptr<Method>> methods_;
};

}  // namespace detail
}  // namespace wayleave::rpc
