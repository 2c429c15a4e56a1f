#include "base/rpc/client.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/async_stream.h>
#include <grpcpp/support/channel_arguments.h>

#include "base/rpc/call_metrics.h"
#include "base/rpc/credentials.h"
#include "base/rpc/poller.h"
#include "base/rpc/wire.h"

namespace wayleave::rpc {
namespace {

using Clock = std::chrono::system_clock;

// Replicas behind one name take turns, and one that says it is not serving is left out.
constexpr const char* kServiceConfig =
    R"({"loadBalancingConfig":[{"round_robin":{}}],"healthCheckConfig":{"serviceName":""}})";
constexpr std::chrono::milliseconds kRetryPause{50};

void Fill(grpc::ClientContext& to, const CallContext& from) {
  if (!from.request_id.empty()) to.AddMetadata(detail::kRequestIdKey, from.request_id);
  if (from.trace.valid()) to.AddMetadata(detail::kTraceparentKey, trace::Traceparent(from.trace));
  if (!from.trace.state.empty()) to.AddMetadata(detail::kTracestateKey, from.trace.state);
  if (!from.bearer.empty()) to.AddMetadata("authorization", "Bearer " + from.bearer);
  if (from.deadline != Clock::time_point::max()) to.set_deadline(from.deadline);
}

std::shared_ptr<grpc::Channel> Connect(const ChannelConfig& config, const std::string& server_name,
                                       const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(static_cast<int>(config.max_message_bytes));
  arguments.SetMaxSendMessageSize(static_cast<int>(config.max_message_bytes));
  arguments.SetServiceConfigJSON(kServiceConfig);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 500);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 20000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5000);
  if (!server_name.empty()) arguments.SetSslTargetNameOverride(server_name);
  return grpc::CreateCustomChannel(config.target, credentials, arguments);
}

// Whether nobody answered. A service that says itself why it can't has answered; one that is ending drops calls as
// cancelled, which nobody here does.
bool IsAway(const Status& status) {
  if (status || !status.error().reason.empty() || status.error().retry_after) return false;
  return status.error().code == Code::kUnavailable || status.error().code == Code::kCancelled;
}

bool IsLate(const Status& status) { return !status && status.error().code == Code::kDeadlineExceeded; }

// One call in the metrics, from now until its end; nothing where nobody counts.
class Counted {
 public:
  explicit Counted(metrics::CallSeries* series) : series_(series) {}

  void Ends(const Status& status) {
    if (!series_) return;
    const Code code = status ? Code::kOk : status.error().code;
    std::exchange(series_, nullptr)->Count(code, std::chrono::steady_clock::now() - start_);
  }

 private:
  metrics::CallSeries* series_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace

struct ClientRuntime::Impl {
  Impl(WorkerPool& workers, std::optional<PeerTls> peers, metrics::Registry* registry)
      : tls(std::move(peers)),
        files(tls ? std::make_unique<detail::FollowedFiles>(*tls) : nullptr),
        credentials(detail::CredentialsFor(files.get(), registry)) {
    if (registry) calls.emplace(*registry, CallMetrics::Side::kClient);
    for (int i = 0; i < workers.size(); ++i) {
      queues.push_back(std::make_unique<grpc::CompletionQueue>());
      pollers.push_back(std::make_unique<detail::Poller>(*queues.back()));
    }
  }
  ~Impl() {
    for (auto& queue : queues) queue->Shutdown();
  }
  grpc::CompletionQueue& Here() { return *queues[static_cast<std::size_t>(Worker::Current()->index())]; }

  // Only by TLS is there a name to look for.
  std::string NameOf(const ChannelConfig& config) const {
    if (!tls) return {};
    return tls->server_name.empty() ? config.server_name : tls->server_name;
  }

  metrics::CallSeries* SeriesOf(const char* method) { return calls ? &calls->Of(method) : nullptr; }

  const std::optional<PeerTls> tls;
  const std::unique_ptr<detail::FollowedFiles> files;
  const std::shared_ptr<grpc::ChannelCredentials> credentials;
  std::optional<CallMetrics> calls;
  std::vector<std::unique_ptr<grpc::CompletionQueue>> queues;
  std::vector<std::unique_ptr<detail::Poller>> pollers;
};

ClientRuntime::ClientRuntime(WorkerPool& workers, std::optional<PeerTls> tls, metrics::Registry* registry)
    : impl_(std::make_unique<Impl>(workers, std::move(tls), registry)) {}
ClientRuntime::~ClientRuntime() = default;

namespace detail {

class Transport {
 public:
  Transport(ClientRuntime& runtime, ChannelConfig config)
      : runtime_(runtime),
        config_(std::move(config)),
        channel_(Connect(config_, runtime.impl_->NameOf(config_), runtime.impl_->credentials)),
        stub_(channel_) {}

  const ChannelConfig& config() const { return config_; }
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
  grpc::GenericStub& stub() { return stub_; }
  grpc::CompletionQueue& queue() { return runtime_.impl_->Here(); }
  metrics::CallSeries* SeriesOf(const char* method) { return runtime_.impl_->SeriesOf(method); }
  void Repeated(const char* method) {
    if (runtime_.impl_->calls) runtime_.impl_->calls->Repeated(method);
  }

  Task<Status> Try(const char* method, const grpc::ByteBuffer& request, google::protobuf::MessageLite& response,
                   const CallContext& context) {
    grpc::ClientContext client_context;
    Fill(client_context, context);
    auto call = stub_.PrepareUnaryCall(&client_context, method, request, &queue());
    call->StartCall();
    grpc::ByteBuffer answer;
    grpc::Status status;
    Operation done(*Worker::Current());
    call->Finish(&answer, &status, static_cast<Tag*>(&done));
    co_await done;
    if (status.ok() && !Parse(answer, response)) {
      co_return Error{Code::kInternal, "the service sent a message that can't be parsed", {}, {}};
    }
    co_return FromGrpc(status);
  }

 private:
  ClientRuntime& runtime_;
  const ChannelConfig config_;
  std::shared_ptr<grpc::Channel> channel_;
  grpc::GenericStub stub_;
};

// An open call. Keeps itself alive while gRPC holds one of its operations.
class StreamTransport : public std::enable_shared_from_this<StreamTransport> {
 public:
  StreamTransport(metrics::CallSeries* series, const grpc::ByteBuffer& request, const CallContext& context)
      : worker_(*Worker::Current()), request_(request), counted_(series) {
    Fill(context_, context);
  }
  virtual ~StreamTransport() = default;

  virtual Task<bool> Read(google::protobuf::MessageLite& into) = 0;

  void Cancel() { context_.TryCancel(); }
  void Abandon() {
    if (!started_ || ended_) return;
    context_.TryCancel();
    counted_.Ends(Error{Code::kCancelled, {}, {}, {}});
  }
  const Status& status() const { return status_; }

 protected:
  void End(const grpc::Status& status, bool unparsable) {
    ended_ = true;
    status_ = FromGrpc(status);
    if (unparsable) status_ = Error{Code::kInternal, "the service sent a message that can't be parsed", {}, {}};
    counted_.Ends(status_);
  }

  Worker& worker_;
  grpc::ClientContext context_;
  grpc::ByteBuffer request_;
  Counted counted_;
  bool started_ = false;
  bool ended_ = false;
  Status status_;
};

class ManyTransport final : public StreamTransport {
 public:
  ManyTransport(Transport& transport, const char* method, const grpc::ByteBuffer& request, const CallContext& context)
      : StreamTransport(transport.SeriesOf(method), request, context),
        method_(method, grpc::internal::RpcMethod::SERVER_STREAMING) {
    reader_.reset(grpc::internal::ClientAsyncReaderFactory<grpc::ByteBuffer>::Create(
        transport.channel().get(), &transport.queue(), method_, &context_, request_, false, nullptr));
  }

  Task<bool> Read(google::protobuf::MessageLite& into) override {
    const auto self = shared_from_this();
    if (ended_) co_return false;
    if (!started_) Start();
    grpc::ByteBuffer buffer;
    Operation read(worker_);
    reader_->Read(&buffer, static_cast<Tag*>(&read));
    const bool got = co_await read;
    if (got && Parse(buffer, into)) co_return true;
    if (got) context_.TryCancel();
    co_await Finish(got);
    co_return false;
  }

 private:
  // Nobody waits for the start: the first read tells how it went.
  class StartTag final : public Tag {
   public:
    std::shared_ptr<StreamTransport> owner;
    void Complete(bool) override { owner.reset(); }
  };

  void Start() {
    started_ = true;
    start_.owner = shared_from_this();
    reader_->StartCall(static_cast<Tag*>(&start_));
  }

  Task<void> Finish(bool unparsable) {
    grpc::Status status;
    Operation finished(worker_);
    reader_->Finish(&status, static_cast<Tag*>(&finished));
    co_await finished;
    End(status, unparsable);
  }

  grpc::internal::RpcMethod method_;
  std::unique_ptr<grpc::ClientAsyncReader<grpc::ByteBuffer>> reader_;
  StartTag start_;
};

// On the wire a stream of one message is what a unary call gets.
class SingleTransport final : public StreamTransport {
 public:
  SingleTransport(Transport& transport, const char* method, const grpc::ByteBuffer& request, const CallContext& context)
      : StreamTransport(transport.SeriesOf(method), request, context),
        call_(transport.stub().PrepareUnaryCall(&context_, method, request_, &transport.queue())) {}

  Task<bool> Read(google::protobuf::MessageLite& into) override {
    const auto self = shared_from_this();
    if (started_) co_return false;
    started_ = true;
    call_->StartCall();
    grpc::ByteBuffer answer;
    grpc::Status status;
    Operation done(worker_);
    call_->Finish(&answer, &status, static_cast<Tag*>(&done));
    co_await done;
    const bool parsed = status.ok() && Parse(answer, into);
    End(status, status.ok() && !parsed);
    co_return parsed;
  }

 private:
  std::unique_ptr<grpc::ClientAsyncResponseReader<grpc::ByteBuffer>> call_;
};

}  // namespace detail

RawStream::RawStream(std::shared_ptr<detail::StreamTransport> transport) : transport_(std::move(transport)) {}
RawStream::~RawStream() {
  if (transport_) transport_->Abandon();
}
Task<bool> RawStream::Read(google::protobuf::MessageLite& into) { return transport_->Read(into); }
void RawStream::Cancel() { transport_->Cancel(); }
const Status& RawStream::status() const { return transport_->status(); }

Channel::Channel(ClientRuntime& runtime, ChannelConfig config)
    : transport_(std::make_unique<detail::Transport>(runtime, std::move(config))) {}
Channel::~Channel() = default;

RawStream Channel::Open(const char* method, const google::protobuf::MessageLite& request, CallContext context) {
  return RawStream(std::make_shared<detail::ManyTransport>(*transport_, method, detail::Serialize(request), context));
}

RawStream Channel::OpenSingle(const char* method, const google::protobuf::MessageLite& request, CallContext context) {
  return RawStream(std::make_shared<detail::SingleTransport>(*transport_, method, detail::Serialize(request), context));
}

bool Channel::Ready() { return transport_->channel()->GetState(true) == GRPC_CHANNEL_READY; }

// A call that found the service gone is tried again for a while: every unary call of ours may be repeated.
Task<Status> Channel::CallOnce(const char* method, const google::protobuf::MessageLite& request,
                               google::protobuf::MessageLite& response, CallContext context) {
  const CallContext bounded = context.Within(transport_->config().timeout);
  const grpc::ByteBuffer bytes = detail::Serialize(request);
  Counted counted(transport_->SeriesOf(method));
  Status status = co_await transport_->Try(method, bytes, response, bounded);
  counted.Ends(status);
  co_return status;
}

Task<Status> Channel::CallRaw(const char* method, const google::protobuf::MessageLite& request,
                              google::protobuf::MessageLite& response, CallContext context) {
  Counted counted(transport_->SeriesOf(method));
  Status status = co_await Persist(method, request, response, context);
  counted.Ends(status);
  co_return status;
}

Task<Status> Channel::Persist(const char* method, const google::protobuf::MessageLite& request,
                              google::protobuf::MessageLite& response, const CallContext& context) {
  const ChannelConfig& config = transport_->config();
  const CallContext bounded = context.Within(config.timeout);
  const auto patience = Clock::now() + config.wait_for_ready;
  const grpc::ByteBuffer bytes = detail::Serialize(request);
  for (;;) {
    const CallContext tried = config.attempt.count() > 0 ? bounded.Within(config.attempt) : bounded;
    Status status = co_await transport_->Try(method, bytes, response, tried);
    const bool late = IsLate(status) && tried.deadline < bounded.deadline;
    if (!late && !IsAway(status)) co_return status;
    if (!late && Clock::now() + kRetryPause > std::min(patience, bounded.deadline)) co_return status;
    transport_->Repeated(method);
    if (!late) co_await Sleep(kRetryPause);
  }
}

}  // namespace wayleave::rpc
