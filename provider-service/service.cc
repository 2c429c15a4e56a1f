#include "provider-service/service.h"

namespace wayleave::provider {
namespace {

constexpr char kService[] = "wayleave.provider.v1.ProviderService";

Task<Status> Generate(Core& core, rpc::ServerCall& call, const v1::GenerateRequest& request) {
  const std::unique_ptr<Generation> generation = core.StartOn(request, call.context());
  call.OnCancel([g = generation.get()] { g->Cancel(); });
  v1::GenerateResponse piece;
  while (co_await generation->Next(piece)) {
    if (piece.has_end() || piece.has_failure()) {
      call.WriteLast(piece);
      break;
    }
    if (!co_await call.Write(piece)) break;
  }
  call.OnCancel({});
  co_return generation->status();
}

Task<Result<v1::ListModelsResponse>> ListModels(Core& core, const v1::ListModelsRequest& request) {
  co_return co_await core.ListModels(request);
}

}  // namespace

void Register(rpc::Server& server, Core& core) {
  server.Stream<v1::GenerateRequest>(kService, "Generate",
                                     [&core](rpc::ServerCall& call, const v1::GenerateRequest& request) {
                                       return Generate(core, call, request);
                                     });
  server.Unary<v1::ListModelsRequest, v1::ListModelsResponse>(
      kService, "ListModels",
      [&core](rpc::ServerCall&, const v1::ListModelsRequest& request) { return ListModels(core, request); });
  server.Unary<v1::ProbeRequest, v1::ProbeResponse>(
      kService, "Probe", [&core](rpc::ServerCall&, const v1::ProbeRequest& request) { return core.Probe(request); });
}

}  // namespace wayleave::provider
