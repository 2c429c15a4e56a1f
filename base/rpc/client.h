#pragma once

#include <google/protobuf/message.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/async/task.h"
#include "base/async/worker.h"
#include "base/metrics/registry.h"
#include "base/result.h"
#include "base/rpc/context.h"
#include "base/rpc/peers.h"

namespace wayleave::rpc {

// Client side of gRPC for coroutines on workers. No grpc++ type is named here, so the transport can change.

struct ChannelConfig {
  // gRPC's name of the service: "dns:///auth:8791", "127.0.0.1:8791", "unix:/run/wayleave/auth.sock".
  std::string target;
  // A unary call's time when the caller gave none.
  std::chrono::milliseconds timeout{5000};
  // While the service can't be reached, unary calls wait for it this long before they fail.
  std::chrono::milliseconds wait_for_ready{2000};
  // After so much of its time a unary call is tried anew, and so at the next replica: one may hang. 0: never.
  std::chrono::milliseconds attempt{0};
  // By TLS: what must stand in the service's certificate, where that is not the target's host and the runtime's
  // configuration says nothing.
  std::string server_name;
  std::size_t max_message_bytes = std::size_t{160} << 20;
};

namespace detail {
class Transport;
class StreamTransport;
class SingleTransport;
class ManyTransport;
}  // namespace detail

// What all channels of a process share: the completion machinery, one poller for each worker, and whom they trust.
// Build and destroy it on the main thread, around the channels; calls need workers that run.
class ClientRuntime {
 public:
  // Throws std::runtime_error if the files of `tls` can't be used.
  // The calls are counted in the registry, if there is one; it must outlive the runtime.
  explicit ClientRuntime(WorkerPool& workers, std::optional<PeerTls> tls = {}, metrics::Registry* registry = nullptr);
  ~ClientRuntime();

 private:
  friend class Channel;
  friend class detail::Transport;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// An open server stream, read by one coroutine on the worker that opened it.
// Destroying it before its end cancels the call; the machinery cleans up behind it.
class RawStream {
 public:
  explicit RawStream(std::shared_ptr<detail::StreamTransport> transport);
  ~RawStream();
  RawStream(RawStream&&) noexcept = default;
  RawStream& operator=(RawStream&&) = delete;

  // The next message; false at the end, after which status() says why.
  Task<bool> Read(google::protobuf::MessageLite& into);
  // Ends the call as soon as possible; a pending Read() then returns false. Worker's thread; idempotent.
  void Cancel();
  const Status& status() const;

 private:
  std::shared_ptr<detail::StreamTransport> transport_;
};

// A connection to one service, shared by all workers. Thread-safe. Must be destroyed after every call on it has ended
// and before the runtime.
class Channel {
 public:
  Channel(ClientRuntime& runtime, ChannelConfig config);
  ~Channel();

  // One request, one response, on the current worker. `method` is the full path,
  // "/wayleave.auth.v1.AuthService/Settle", and must outlive the call.
  template <class Response, class Request>
  Task<Result<Response>> Call(const char* method, const Request& request, CallContext context) {
    Response response;
    Status status = co_await CallRaw(method, request, response, std::move(context));
    if (!status) co_return std::move(status).error();
    co_return std::move(response);
  }

  // The same for a call that must not be made twice: it is not repeated, whatever becomes of it.
  Task<Status> CallOnce(const char* method, const google::protobuf::MessageLite& request,
                        google::protobuf::MessageLite& response, CallContext context);

  // Opens a server stream on the current worker. A call that can't be made fails at its first Read().
  RawStream Open(const char* method, const google::protobuf::MessageLite& request, CallContext context);

  // The same for a stream that holds exactly one message: cheaper, because message and status come together.
  RawStream OpenSingle(const char* method, const google::protobuf::MessageLite& request, CallContext context);

  // Whether the connection is up now; starts connecting if it is idle. Any thread.
  bool Ready();

 private:
  Task<Status> CallRaw(const char* method, const google::protobuf::MessageLite& request,
                       google::protobuf::MessageLite& response, CallContext context);
  Task<Status> Persist(const char* method, const google::protobuf::MessageLite& request,
                       google::protobuf::MessageLite& response, const CallContext& context);
  std::unique_ptr<detail::Transport> transport_;
};

}  // namespace wayleave::rpc
