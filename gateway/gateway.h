#pragma once

#include <memory>

#include "gateway/front_door.h"

namespace wayleave::gateway {

// The gateway as a whole: front door, journal, metrics, on ports that somebody else provides.
// Build, Start, Drain and destroy on the main thread; ports and workers must outlive it.
class Gateway {
 public:
  Gateway(Config config, WorkerPool& workers, Ports ports, std::unique_ptr<Journal> journal,
          metrics::Registry& registry);
  ~Gateway();

  // Binds and serves; the port, or why not.
  Result<int> Start();
  // Finishes what is in progress, then settles what is left in the journal as far as auth-service can be reached.
  void Drain();

 private:
  const Config config_;
  WorkerPool& workers_;
  const Ports ports_;
  Probe probe_;
  const Cors cors_;
  std::unique_ptr<Journal> journal_;
  OutcomeReporter outcomes_;
  FrontDoor door_;
  http::Server server_;
};

}  // namespace wayleave::gateway
