#include "provider-service/service.h"

namespace wayleave::provider {
namespace {

constexpr char kService[] = "wayleave.provider.v1.ProviderService";

constexpr std::size_t kMostDocumentBytes = std::size_t{128} << 20;

// A document goes out in one message, however it came: the caller then needs no stream for it.
Task<void> Gather(Generation& generation, v1::GenerateResponse& whole) {
  std::string data;
  v1::GenerateResponse piece;
  while (!whole.has_end() && !whole.has_failure() && data.size() < kMostDocumentBytes) {
    const bool more = co_await generation.Next(piece);
    if (!more) break;
    data += piece.data();
    piece.clear_data();
    whole.MergeFrom(piece);
    piece.Clear();
  }
  whole.set_data(std::move(data));
}

Task<Status> AnswerDocument(Generation& generation, rpc::ServerCall& call) {
  v1::GenerateResponse whole;
  co_await Gather(generation, whole);
  if (!generation.status()) co_return generation.status();
  if (!whole.has_end() && !whole.has_failure()) {
    co_return Error{Code::kUnavailable, "the answer ended before its end", {}, {}};
  }
  call.WriteLast(whole);
  co_return Status{};
}

Task<Status> AnswerStream(Generation& generation, rpc::ServerCall& call) {
  v1::GenerateResponse piece;
  for (;;) {
    const bool more = co_await generation.Next(piece);
    if (!more) break;
    if (piece.has_end() || piece.has_failure() || piece.has_interrupted()) {
      call.WriteLast(piece);
      break;
    }
    const bool sent = co_await call.Write(piece);
    if (!sent) break;
    piece.Clear();
  }
  co_return generation.status();
}

Task<Status> Generate(Core& core, rpc::ServerCall& call, const v1::GenerateRequest& request) {
  const std::unique_ptr<Generation> owner = core.StartOn(request, call.context());
  Generation& generation = *owner;
  call.OnCancel([&generation] { generation.Cancel(); });
  Status status;
  if (request.stream()) {
    status = co_await AnswerStream(generation, call);
  } else {
    status = co_await AnswerDocument(generation, call);
  }
  call.OnCancel({});
  co_return status;
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
