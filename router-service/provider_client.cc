#include "router-service/provider_client.h"

namespace wayleave::router {

Task<Result<provider::v1::ListModelsResponse>> ProviderClient::ListModels() {
  const provider::v1::ListModelsRequest request;
  const rpc::CallContext context;  // the channel's own time limit holds
  auto call = channel_.Call<provider::v1::ListModelsResponse>("/wayleave.provider.v1.ProviderService/ListModels",
                                                              request, context);
  co_return co_await call;
}

}  // namespace wayleave::router
