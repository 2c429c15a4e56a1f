#include "router-service/provider_client.h"

namespace wayleave::router {

Task<Result<provider::v1::ListModelsResponse>> ProviderClient::ListModels() {
  const provider::v1::ListModelsRequest request;
  const rpc::CallContext context;  // the channel's own time limit holds
  auto call = channel_.Call<provider::v1::ListModelsResponse>("/wayleave.provider.v1.ProviderService/ListModels",
                                                              request, context);
  co_return co_await call;
}

Task<Result<provider::v1::ProbeResponse>> ProviderClient::Probe(const std::string& provider,
                                                                std::chrono::milliseconds patience) {
  provider::v1::ProbeRequest request;
  request.set_provider(provider);
  const rpc::CallContext context = rpc::CallContext{}.Within(patience);
  auto call =
      channel_.Call<provider::v1::ProbeResponse>("/wayleave.provider.v1.ProviderService/Probe", request, context);
  co_return co_await call;
}

}  // namespace wayleave::router
