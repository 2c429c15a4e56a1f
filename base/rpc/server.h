#pragma once

#include <google/protobuf/message.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/async/task.h"
#include "base/async/worker.h"
#include "base/metrics/registry.h"
#include "base/net/tls_server.h"
#include "base/result.h"
#include "base/rpc/context.h"
#include "base/rpc/peers.h"

namespace wayleave::rpc {

// Server side of gRPC for coroutines on workers. No grpc++ type is named here, so the transport can change.

struct ServerConfig {
  std::string address = "127.0.0.1:0";
  // Whether grpc.reflection lists the services.
  bool reflection = false;
  std::size_t max_message_bytes = std::size_t{160} << 20;
  // How long a caller may leave one message of its stream unread before its call is cancelled; 0 for ever, which is
  // for callers that are services of ours.
  std::chrono::milliseconds write_timeout{0};
  // Nothing: in the clear, which is logged as a warning where others than this machine can reach it.
  std::optional<net::TlsServerConfig> tls;
  // As PeerConfig's.
  std::chrono::milliseconds max_connection_age{0};
  // Whether another process of the same user may listen on the address, too, if it says so as well: for hand-overs.
  bool reuse_port = false;
  // Counts and times the calls; null: nobody does. Outlives the server.
  metrics::Registry* registry = nullptr;
};

// For a server among our services.
ServerConfig ServerConfigOf(const PeerConfig& peers, std::string address, bool reflection, bool reuse_port);

namespace detail {
class ServerCallImpl;
class ServerImpl;
}  // namespace detail

// One call, seen from its handler. Belongs to the worker that the handler runs on; ends with the handler.
class ServerCall {
 public:
  explicit ServerCall(detail::ServerCallImpl& impl) : impl_(impl) {}
  const CallContext& context() const;
  // What the caller sent beside the request, names in lower case; without values that are not text and without what
  // concerns gRPC itself.
  std::vector<std::pair<std::string, std::string>> metadata() const;
  // The caller's address without the port.
  std::string peer() const;
  // Sent with the status; before the handler ends. The name in lower case.
  void AddTrailer(const std::string& name, const std::string& value);
  // Whether the caller has given up. Known in handlers of streams only; a unary handler just finishes.
  bool cancelled() const;
  // Runs `fn` once on the call's worker when the caller gives up, at once if it has. One at a time;
  // an empty function takes it back.
  void OnCancel(std::function<void()> fn);

  // Sends one message of a server stream and waits until the transport took it: that is the
  // backpressure. False when the caller is gone.
  Task<bool> Write(const google::protobuf::MessageLite& message);
  // Keeps the last message of the call, to be sent together with its status when the handler ends well:
  // one packet instead of two. Nothing may be written after it.
  void WriteLast(const google::protobuf::MessageLite& message);

 private:
  detail::ServerCallImpl& impl_;
};

// A gRPC server. Register the methods, Start, later Drain, then destroy; all on the main thread.
// Handlers run as coroutines on the pool's workers. grpc.health.v1 is always served.
class Server {
 public:
  Server(WorkerPool& workers, ServerConfig config);
  ~Server();

  // `service` is the full name, "wayleave.auth.v1.AuthService"; `method` the short one. The request is
  // parsed before the handler starts and lives until it ends. An Error becomes the call's status, with
  // `reason` as google.rpc.ErrorInfo and `retry_after` as google.rpc.RetryInfo.
  template <class Request, class Response>
  void Unary(std::string service, std::string method,
             std::function<Task<Result<Response>>(ServerCall&, const Request&)> handler) {
    Add(
        std::move(service), std::move(method), false, [] { return std::make_unique<Request>(); },
        [handler = std::move(handler)](ServerCall& call, google::protobuf::Message& request) {
          return AnswerOnce<Request, Response>(handler, call, static_cast<Request&>(request));
        });
  }

  template <class Request>
  void Stream(std::string service, std::string method,
              std::function<Task<Status>(ServerCall&, const Request&)> handler) {
    Add(
        std::move(service), std::move(method), true, [] { return std::make_unique<Request>(); },
        [handler = std::move(handler)](ServerCall& call, google::protobuf::Message& request) {
          return handler(call, static_cast<Request&>(request));
        });
  }

  // Who gets a span of each call that belongs to a trace; null: nobody. Before Start(); outlives the server.
  void Trace(trace::Tracer* tracer);
  // Binds and serves; the port, or why not.
  Result<int> Start();
  // What grpc.health.v1 says. Serving after Start().
  void SetServing(bool serving);
  // Serves on, but says that it is about to go; not where the address may be a successor's, too.
  void Leave();
  // Refuses new calls, waits for open ones at most `grace` and until somebody is in a hurry, then cancels them and waits
  // for their end.
  void Drain(std::chrono::milliseconds grace, std::stop_token hurry = {});

 private:
  using MakeRequest = std::function<std::unique_ptr<google::protobuf::Message>()>;
  using Handler = std::function<Task<Status>(ServerCall&, google::protobuf::Message&)>;

  template <class Request, class Response>
  static Task<Status> AnswerOnce(const std::function<Task<Result<Response>>(ServerCall&, const Request&)>& handler,
                                 ServerCall& call, const Request& request) {
    Result<Response> response = co_await handler(call, request);
    if (!response) co_return std::move(response).error();
    call.WriteLast(*response);
    co_return Status{};
  }

  void Add(std::string service, std::string method, bool stream, MakeRequest make, Handler handler);
  std::unique_ptr<detail::ServerImpl> impl_;
};

}  // namespace wayleave::rpc
