#include "gateway/gateway.h"

#include "gateway/errors.h"

namespace wayleave::gateway {
namespace {
constexpr std::chrono::milliseconds kSettleGrace{3000};
}

Gateway::Gateway(Config config, WorkerPool& workers, Ports ports, std::unique_ptr<Journal> journal,
                 metrics::Registry& registry)
    : config_(std::move(config)),
      workers_(workers),
      ports_(ports),
      probe_(registry),
      cors_(config_.cors_origins),
      journal_(std::move(journal)),
      outcomes_(workers, ports.router, registry),
      door_({ports, *journal_, probe_, outcomes_, cors_, config_.total_timeout}, config_.access_log),
      server_(
          workers, config_.http,
          [this](http::Request& request, http::Responder& responder) { return door_.Answer(request, responder); },
          ServerErrorPage, registry, "gateway") {}

Gateway::~Gateway() = default;

Result<int> Gateway::Start() {
  journal_->StartSettling(ports_.auth, workers_[0]);
  return server_.Start();
}

void Gateway::Drain() {
  server_.Drain(config_.drain_timeout);
  outcomes_.Stop();
  journal_->Stop(kSettleGrace);
}

}  // namespace wayleave::gateway
