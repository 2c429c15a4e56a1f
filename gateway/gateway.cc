#include "gateway/gateway.h"

#include <condition_variable>
#include <mutex>
#include <thread>

#include "gateway/errors.h"

namespace wayleave::gateway {
namespace {

constexpr std::chrono::milliseconds kSettleGrace{3000};
// For clients to take the end of what is cut.
constexpr std::chrono::milliseconds kCutTime{2000};

rpc::ServerConfig GrpcConfig(const Config& config, metrics::Registry& registry) {
  rpc::ServerConfig grpc;
  grpc.address = config.grpc;
  grpc.reflection = config.reflection;
  grpc.max_message_bytes = config.http.body_bytes;
  grpc.write_timeout = config.http.write_timeout;
  grpc.tls = config.http.tls;
  grpc.max_connection_age = config.http.connection_age;
  grpc.reuse_port = config.http.reuse_port;
  grpc.registry = &registry;
  return grpc;
}

// The two, until both are closed.
class OpenDoors {
 public:
  void Closed() {
    const std::lock_guard lock(mutex_);
    if (--open_ == 0) closed_.notify_all();
  }
  // False if it took longer, or somebody is in a hurry.
  bool WaitFor(std::chrono::milliseconds time, std::stop_token hurry) {
    std::unique_lock lock(mutex_);
    return closed_.wait_for(lock, std::move(hurry), time, [this] { return open_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any closed_;
  int open_ = 2;
};

}  // namespace

Gateway::Gateway(Config config, WorkerPool& workers, Ports ports, std::unique_ptr<Journal> journal,
                 metrics::Registry& registry, trace::Tracer* tracer)
    : config_(std::move(config)),
      workers_(workers),
      ports_(ports),
      probe_(registry, static_cast<std::size_t>(config_.most_tenants)),
      ended_(workers, probe_, config_.access_log),
      retries_(registry),
      in_flight_(registry),
      live_(workers),
      cuts_(workers),
      cors_(config_.cors_origins),
      redaction_(config_.redaction_by_tenant, config_.redaction, registry),
      content_(config_.content_bytes, registry),
      journal_(std::move(journal)),
      outcomes_(workers, ports.router, registry),
      services_{ports, *journal_, probe_, ended_, outcomes_, retries_, in_flight_, draw_, cors_, redaction_, content_, config_.total_timeout, live_, cuts_, tracer},
      websockets_(services_, config_, registry),
      door_(services_, websockets_),
      server_(
          workers, config_.http,
          [this](http::Request& request, http::Responder& responder) { return door_.Answer(request, responder); },
          ServerErrorPage, registry, "gateway"),
      inference_(services_, {config_.http.body_bytes, config_.http.connections}),
      grpc_(workers, GrpcConfig(config_, registry)) {
  inference_.Register(grpc_);
}

Gateway::~Gateway() = default;

Result<int> Gateway::Start() {
  journal_->StartSettling(ports_.auth, workers_[0]);
  return server_.Start();
}

Result<int> Gateway::StartGrpc() { return grpc_.Start(); }

void Gateway::Leave() {
  grpc_.Leave();
  server_.Leave();
}

// Both doors close at once and have the same time.
void Gateway::Drain(std::stop_token hurry) {
  std::stop_source enough;
  OpenDoors doors;
  const auto close = [&](auto& server) {
    server.Drain(config_.drain_timeout + 2 * kCutTime, enough.get_token());
    doors.Closed();
  };
  std::thread callers([&] { close(grpc_); });
  std::thread clients([&] { close(server_); });
  if (!doors.WaitFor(config_.drain_timeout, std::move(hurry))) {
    cuts_.All();
    if (!doors.WaitFor(kCutTime, {})) enough.request_stop();
  }
  callers.join();
  clients.join();
  ended_.Stop();
  outcomes_.Stop();
  journal_->Stop(kSettleGrace);
}

}  // namespace wayleave::gateway
