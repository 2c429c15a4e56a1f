#pragma once

#include "provider-service/core.h"
#include "router-service/probing.h"

namespace wayleave::deploy {

// Signs of life from the providers' core in the same process, which sets itself a time for its answer. The core must
// outlive it.
class LocalProbeSource : public router::ProbeSource {
 public:
  explicit LocalProbeSource(provider::Core& core) : core_(core) {}
  Task<Result<provider::v1::ProbeResponse>> Probe(const std::string& provider, std::chrono::milliseconds) override {
    provider::v1::ProbeRequest request;
    request.set_provider(provider);
    auto probe = core_.Probe(request);
    co_return co_await probe;
  }

 private:
  provider::Core& core_;
};

}  // namespace wayleave::deploy
