#pragma once

#include "base/rpc/client.h"
#include "router-service/discovery.h"

namespace wayleave::router {

// Asks provider-service over gRPC. The channel must outlive it.
class ProviderClient : public ModelSource {
 public:
  explicit ProviderClient(rpc::Channel& channel) : channel_(channel) {}
  Task<Result<provider::v1::ListModelsResponse>> ListModels() override;

 private:
  rpc::Channel& channel_;
};

}  // namespace wayleave::router
