#include "base/rpc/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/support/async_stream.h>

#include <algorithm>
#include <condition_variable>
#include <limits>
#include <map>
#include <mutex>
#include <optional>
#include <set>

#include "base/async/deadline.h"
#include "base/rpc/call_facts.h"
#include "base/rpc/call_metrics.h"
#include "base/rpc/call_span.h"
#include "base/rpc/credentials.h"
#include "base/rpc/dynamic_service.h"
#include "base/rpc/poller.h"
#include "base/rpc/wire.h"

namespace wayleave::rpc {
namespace detail {

namespace {

// Calls of each method that each worker stands ready to take at once.
constexpr int kReadyCalls = 8;

// The reflection library registers itself for every server of a process that it is linked to.
class WithoutReflection final : public grpc::ServerBuilderOption {
 public:
  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
    std::erase_if(*plugins, [](const auto& plugin) { return plugin->name() == "proto_server_reflection"; });
  }
};

}  // namespace

class ServerImpl {
 public:
  ServerImpl(WorkerPool& pool, ServerConfig config) : workers(pool), config_(std::move(config)) {
    if (config_.registry) metrics_.emplace(*config_.registry, CallMetrics::Side::kServer);
  }

  void Add(const std::string& service, Method method) {
    auto& slot = services_[service];
    if (!slot) slot = std::make_unique<DynamicService>();
    if (metrics_) method.series = &metrics_->Of(method.path);
    slot->Add(std::move(method));
  }

  Result<int> Start();
  void SetServing(bool serving);
  void Drain(std::chrono::milliseconds grace, std::stop_token hurry);

  void Began() {
    std::lock_guard lock(mutex_);
    ++calls_;
  }
  void Ended() {
    std::lock_guard lock(mutex_);
    if (--calls_ == 0) idle_.notify_all();
  }
  // From its start to its end a call can be cancelled from here.
  void Opened(grpc::ServerContext& call) {
    std::lock_guard lock(mutex_);
    open_.insert(&call);
    if (cut_) call.TryCancel();
  }
  void Closed(grpc::ServerContext& call) {
    std::lock_guard lock(mutex_);
    open_.erase(&call);
  }
  void Leave() {
    if (!config_.reuse_port) SetServing(false);
  }
  bool draining() const { return draining_.load(std::memory_order_relaxed); }
  grpc::ServerCompletionQueue& queue(int worker) { return *queues_[static_cast<std::size_t>(worker)]; }
  std::chrono::milliseconds write_timeout() const { return config_.write_timeout; }
  trace::Tracer* tracer() const { return tracer_; }
  void Trace(trace::Tracer* tracer) { tracer_ = tracer; }

  WorkerPool& workers;

 private:
  void Cut();

  const ServerConfig config_;
  std::optional<CallMetrics> metrics_;
  trace::Tracer* tracer_ = nullptr;
  std::map<std::string, std::unique_ptr<DynamicService>> services_;
  std::vector<std::unique_ptr<grpc::ServerCompletionQueue>> queues_;
  std::vector<std::unique_ptr<Poller>> pollers_;
  std::shared_ptr<grpc::ServerCredentials> credentials_;  // gRPC asks it for certificates, and does not keep it
  std::unique_ptr<grpc::Server> server_;
  std::atomic<bool> draining_{false};
  std::mutex mutex_;
  std::condition_variable idle_;
  int calls_ = 0;
  std::set<grpc::ServerContext*> open_;
  bool cut_ = false;
};

// One call from the moment we stand ready for it. Owns itself; deleted on its worker after the handler,
// the final status and gRPC's word that the call is over have all been.
class ServerCallImpl {
 public:
  ServerCallImpl(ServerImpl& server, DynamicService& service, int index, int worker)
      : server_(server), service_(service), index_(index), worker_(server.workers[worker]), writer_(&context_) {
    server_.Began();
    over_seen_ = !service_.method(index_).stream;
    if (!over_seen_) context_.AsyncNotifyWhenDone(static_cast<Tag*>(&over_));
    service_.Request(index_, context_, request_, writer_, server_.queue(worker), start_);
  }

  const CallContext& context() const { return call_context_; }
  bool cancelled() const { return cancelled_; }

  std::vector<std::pair<std::string, std::string>> metadata() const { return TextMetadata(context_); }
  std::string peer() const { return AddressOf(context_.peer()); }
  void AddTrailer(const std::string& name, const std::string& value) { context_.AddTrailingMetadata(name, value); }

  void OnCancel(std::function<void()> fn) {
    on_cancel_ = std::move(fn);
    if (cancelled_ && on_cancel_) std::exchange(on_cancel_, nullptr)();
  }

  Task<bool> Write(const google::protobuf::MessageLite& message) {
    const grpc::ByteBuffer bytes = Serialize(message);
    Operation written(worker_);
    writer_.Write(bytes, static_cast<Tag*>(&written));
    StartWriteTimer();
    const bool ok = co_await written;
    StopWriteTimer();
    if (!ok) CallerLeft();  // gRPC's own word may come later
    co_return ok;
  }

  void WriteLast(const google::protobuf::MessageLite& message) {
    last_ = Serialize(message);
    has_last_ = true;
  }

 private:
  // Tags that call a member on the worker.
  class Notice final : public Tag {
   public:
    Notice(ServerCallImpl& call, void (ServerCallImpl::*then)(bool)) : call_(call), then_(then) {}
    void Complete(bool ok) override {
      call_.worker_.Post([&call = call_, then = then_, ok] { (call.*then)(ok); });
    }

   private:
    ServerCallImpl& call_;
    void (ServerCallImpl::*then_)(bool);
  };

  void Started(bool ok) {
    if (!ok) return Delete();  // the server shuts down; gRPC sends no further word
    if (!server_.draining()) new ServerCallImpl(server_, service_, index_, worker_.index());
    server_.Opened(context_);
    call_context_ = ContextOf(context_);
    RunHandler(*this);
  }

  void Over(bool) {
    over_seen_ = true;
    if (context_.IsCancelled()) CallerLeft();
    if (finished_) Delete();
  }

  void CallerLeft() {
    cancelled_ = true;
    if (on_cancel_) std::exchange(on_cancel_, nullptr)();
  }

  static wayleave::detail::Root RunHandler(ServerCallImpl& call) {
    {
      const auto start = std::chrono::steady_clock::now();
      Status status = co_await call.Handle();
      call.service_.method(call.index_).Count(status, start);
      co_await call.Finish(status);
    }
    call.finished_ = true;
    if (call.over_seen_) call.Delete();
  }

  static Error Unreadable() {
    return {Code::kInvalidArgument,
            "the request can't be parsed: it is damaged, or its values are nested too deep",
            {},
            {}};
  }

  Task<Status> Handle() {
    const Method& method = service_.method(index_);
    const auto request = method.make();
    if (!Parse(request_, *request)) co_return Unreadable();
    request_.Clear();
    CallSpan span(server_.tracer(), call_context_, method.path);
    ServerCall call(*this);
    Status status;
    try {
      status = co_await method.handler(call, *request);
    } catch (const std::exception& e) {
      status = Error{Code::kInternal, std::string("internal error: ") + e.what(), {}, {}};
    }
    on_cancel_ = nullptr;
    span.Ends(status);
    co_return status;
  }

  Task<void> Finish(const Status& status) {
    const grpc::Status final_status = ToGrpc(status);
    Operation done(worker_);
    if (has_last_ && status.ok()) {
      writer_.WriteAndFinish(last_, grpc::WriteOptions(), final_status, static_cast<Tag*>(&done));
    } else {
      writer_.Finish(final_status, static_cast<Tag*>(&done));
    }
    StartWriteTimer();
    co_await done;
    StopWriteTimer();
  }

  // What cancels a call ends the operation that it waits for.
  void StartWriteTimer() {
    if (server_.write_timeout().count() == 0) return;
    if (!write_timer_) write_timer_.emplace(worker_.deadlines(), [this] { context_.TryCancel(); });
    write_timer_->Set(server_.write_timeout());
  }
  void StopWriteTimer() {
    if (write_timer_) write_timer_->Clear();
  }

  void Delete() {
    ServerImpl& server = server_;
    server.Closed(context_);
    delete this;
    server.Ended();
  }

  ServerImpl& server_;
  DynamicService& service_;
  const int index_;
  Worker& worker_;
  grpc::ServerContext context_;
  grpc::ByteBuffer request_;
  grpc::ServerAsyncWriter<grpc::ByteBuffer> writer_;
  Notice start_{*this, &ServerCallImpl::Started};
  Notice over_{*this, &ServerCallImpl::Over};
  CallContext call_context_;
  std::function<void()> on_cancel_;
  std::optional<Deadline> write_timer_;
  grpc::ByteBuffer last_;
  bool has_last_ = false;
  bool cancelled_ = false;
  bool over_seen_ = false;
  bool finished_ = false;
};

Result<int> ServerImpl::Start() {
  auto credentials = CredentialsFor(config_.tls, config_.registry);
  if (!credentials) return std::move(credentials).error();
  credentials_ = std::move(*credentials);
  if (!config_.tls) WarnOfPlainText(config_.address);
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  if (!config_.reflection) builder.SetOption(std::make_unique<WithoutReflection>());
  int port = 0;
  builder.AddListeningPort(config_.address, credentials_, &port);
  builder.SetMaxReceiveMessageSize(static_cast<int>(config_.max_message_bytes));
  builder.SetMaxSendMessageSize(static_cast<int>(config_.max_message_bytes));
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, config_.reuse_port ? 1 : 0);
  if (config_.max_connection_age.count() > 0) {
    const auto age = std::min<std::int64_t>(config_.max_connection_age.count(), std::numeric_limits<int>::max());
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, static_cast<int>(age));
  }
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10000);
  for (auto& [name, service] : services_) builder.RegisterService(service.get());
  for (int i = 0; i < workers.size(); ++i) queues_.push_back(builder.AddCompletionQueue());
  server_ = builder.BuildAndStart();
  if (!server_ || port == 0) {
    return Error{Code::kUnavailable, "can't listen on " + config_.address + " for gRPC: is the port taken?", {}, {}};
  }
  for (int w = 0; w < workers.size(); ++w) {
    for (auto& [name, service] : services_) {
      for (std::size_t m = 0; m < service->size(); ++m) {
        for (int i = 0; i < kReadyCalls; ++i) new ServerCallImpl(*this, *service, static_cast<int>(m), w);
      }
    }
    pollers_.push_back(std::make_unique<Poller>(*queues_[static_cast<std::size_t>(w)]));
  }
  SetServing(true);
  return port;
}

void ServerImpl::SetServing(bool serving) {
  if (!server_) return;
  auto* health = server_->GetHealthCheckService();
  health->SetServingStatus(serving);
  for (const auto& [name, service] : services_) health->SetServingStatus(name, serving);
}

void ServerImpl::Cut() {
  std::lock_guard lock(mutex_);
  cut_ = true;
  for (grpc::ServerContext* call : open_) call->TryCancel();
}

void ServerImpl::Drain(std::chrono::milliseconds grace, std::stop_token hurry) {
  if (draining_.exchange(true)) return;
  if (server_) {
    const std::stop_callback cut(std::move(hurry), [this] { Cut(); });
    SetServing(false);
    server_->Shutdown(std::chrono::system_clock::now() + grace);
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [this] { return calls_ == 0; });
  }
  for (auto& queue : queues_) queue->Shutdown();
  pollers_.clear();
}

}  // namespace detail

const CallContext& ServerCall::context() const { return impl_.context(); }
std::vector<std::pair<std::string, std::string>> ServerCall::metadata() const { return impl_.metadata(); }
std::string ServerCall::peer() const { return impl_.peer(); }
void ServerCall::AddTrailer(const std::string& name, const std::string& value) { impl_.AddTrailer(name, value); }
bool ServerCall::cancelled() const { return impl_.cancelled(); }
void ServerCall::OnCancel(std::function<void()> fn) { impl_.OnCancel(std::move(fn)); }
Task<bool> ServerCall::Write(const google::protobuf::MessageLite& message) { return impl_.Write(message); }
void ServerCall::WriteLast(const google::protobuf::MessageLite& message) { impl_.WriteLast(message); }

Server::Server(WorkerPool& workers, ServerConfig config)
    : impl_(std::make_unique<detail::ServerImpl>(workers, std::move(config))) {}
Server::~Server() { Drain(std::chrono::milliseconds(0), {}); }

void Server::Trace(trace::Tracer* tracer) { impl_->Trace(tracer); }
Result<int> Server::Start() { return impl_->Start(); }
void Server::SetServing(bool serving) { impl_->SetServing(serving); }
void Server::Leave() { impl_->Leave(); }
void Server::Drain(std::chrono::milliseconds grace, std::stop_token hurry) { impl_->Drain(grace, std::move(hurry)); }

ServerConfig ServerConfigOf(const PeerConfig& peers, std::string address, bool reflection, bool reuse_port) {
  ServerConfig config;
  config.address = std::move(address);
  config.reflection = reflection;
  if (peers.tls) config.tls = peers.tls->ForServer();
  config.max_connection_age = peers.max_connection_age;
  config.reuse_port = reuse_port;
  return config;
}

void Server::Add(std::string service, std::string method, bool stream, MakeRequest make, Handler handler) {
  const std::string path = "/" + service + "/" + method;
  impl_->Add(service, {path, stream, std::move(make), std::move(handler)});
}

}  // namespace wayleave::rpc
