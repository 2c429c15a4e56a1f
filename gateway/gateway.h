#pragma once

#include <memory>

#include "gateway/front_door.h"
#include "gateway/inference_service.h"

namespace wayleave::gateway {

// The gateway as a whole: its doors for HTTP and for gRPC, journal, metrics, on ports that somebody else provides.
// Build, Start, Drain and destroy on the main thread; ports and workers must outlive it.
class Gateway {
 public:
  Gateway(Config config, WorkerPool& workers, Ports ports, std::unique_ptr<Journal> journal,
          metrics::Registry& registry, trace::Tracer* tracer = nullptr);
  ~Gateway();

  // Binds and serves; the port, or why not.
  Result<int> Start();
  // The same for inference.v1 over gRPC, which may be left out. After Start().
  Result<int> StartGrpc();
  // Whether auth-service has every record that was closed so far. Any thread.
  bool settled() const { return journal_->pending() == 0; }
  // How many it does not have yet. Any thread.
  std::int64_t unsettled() const { return journal_->pending(); }
  // What it does now and did lately. Any worker, for as long as the gateway lives.
  Live& live() { return live_; }
  // What is kept from providers, from now on. Any thread.
  void Protect(const std::map<std::string, RedactionPolicy>& by_tenant, const RedactionPolicy& otherwise) {
    redaction_.Replace(by_tenant, otherwise);
  }
  // Serves on, but says that it is about to go: to those who watch its health, and with each answer. Any thread.
  void Leave();
  // Finishes what is in progress, for the time that the configuration says and until somebody is in a hurry; what is left
  // then gets an end of its own. Settles what is in the journal as far as auth-service can be reached.
  void Drain(std::stop_token hurry = {});

 private:
  const Config config_;
  WorkerPool& workers_;
  const Ports ports_;
  Probe probe_;
  EndedRequests ended_;
  RetryBudget retries_;
  InFlight in_flight_;
  Live live_;
  Cuts cuts_;
  const Draw draw_ = DrawAtRandom;
  const Cors cors_;
  RedactionRules redaction_;
  const ContentRules content_;
  std::unique_ptr<Journal> journal_;
  OutcomeReporter outcomes_;
  const GenerationServices services_;
  WebSocketDoor websockets_;
  FrontDoor door_;
  http::Server server_;
  InferenceService inference_;
  rpc::Server grpc_;
};

}  // namespace wayleave::gateway
