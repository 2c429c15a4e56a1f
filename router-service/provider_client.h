#pragma once

#include "base/rpc/client.h"
#include "router-service/discovery.h"
#include "router-service/probing.h"

namespace wayleave::router {

// Asks provider-service over gRPC. The channel must outlive it.
class ProviderClient : public ModelSource, public ProbeSource {
 public:
  explicit ProviderClient(rpc::Channel& channel) : channel_(channel) {}
  Task<Result<provider::v1::ListModelsResponse>> ListModels() override;
  Task<Result<provider::v1::ProbeResponse>> Probe(const std::string& provider,
                                                  std::chrono::milliseconds patience) override;

 private:
  rpc::Channel& channel_;
};

}  // namespace wayleave::router
