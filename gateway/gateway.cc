#include "gateway/gateway.h"

#include <thread>

#include "gateway/errors.h"

namespace wayleave::gateway {
namespace {

constexpr std::chrono::milliseconds kSettleGrace{3000};

rpc::ServerConfig GrpcConfig(const Config& config) {
  rpc::ServerConfig grpc;
  grpc.address = config.grpc;
  grpc.reflection = config.reflection;
  grpc.max_message_bytes = config.http.body_bytes;
  grpc.write_timeout = config.http.write_timeout;
  return grpc;
}

}  // namespace

Gateway::Gateway(Config config, WorkerPool& workers, Ports ports, std::unique_ptr<Journal> journal,
                 metrics::Registry& registry)
    : config_(std::move(config)),
      workers_(workers),
      ports_(ports),
      probe_(registry),
      retries_(registry),
      in_flight_(registry),
      cors_(config_.cors_origins),
      redaction_(config_.redaction_by_tenant, config_.redaction, registry),
      journal_(std::move(journal)),
      outcomes_(workers, ports.router, registry),
      services_{ports, *journal_, probe_, outcomes_, retries_, in_flight_, draw_, cors_, redaction_, config_.total_timeout},
      websockets_(services_, config_, registry),
      door_(services_, websockets_, config_.access_log),
      server_(
          workers, config_.http,
          [this](http::Request& request, http::Responder& responder) { return door_.Answer(request, responder); },
          ServerErrorPage, registry, "gateway"),
      inference_(services_, {config_.http.body_bytes, config_.http.connections}, config_.access_log),
      grpc_(workers, GrpcConfig(config_)) {
  inference_.Register(grpc_);
}

Gateway::~Gateway() = default;

Result<int> Gateway::Start() {
  journal_->StartSettling(ports_.auth, workers_[0]);
  return server_.Start();
}

Result<int> Gateway::StartGrpc() { return grpc_.Start(); }

// Both doors close at once and have the same time.
void Gateway::Drain() {
  std::thread callers([this] { grpc_.Drain(config_.drain_timeout); });
  server_.Drain(config_.drain_timeout);
  callers.join();
  outcomes_.Stop();
  journal_->Stop(kSettleGrace);
}

}  // namespace wayleave::gateway
