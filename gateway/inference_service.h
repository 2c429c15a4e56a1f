#pragma once

#include <atomic>
#include <cstddef>

#include "base/rpc/server.h"
#include "gateway/generation_handler.h"
#include "wayleave/inference/v1/inference.pb.h"

namespace wayleave::gateway {

// What one gateway takes from gRPC callers.
struct InferenceLimits {
  std::size_t body_bytes;
  int calls;  // at once
};

// inference.v1.InferenceService: the gateway's door for programs that speak gRPC. Calls take the way of HTTP requests
// (`AnswerGeneration`), so keys, routes, limits, the journal, the access log and the metrics are the same. Any worker;
// must outlive the server that it is registered with.
class InferenceService {
 public:
  InferenceService(GenerationServices services, InferenceLimits limits);

  void Register(rpc::Server& server);

 private:
  class Visit;

  Task<Status> Generate(rpc::ServerCall& call, const inference::v1::GenerateRequest& request);
  Task<Status> Embed(rpc::ServerCall& call, const inference::v1::EmbedRequest& request);
  Task<Result<inference::v1::ListModelsResponse>> ListModels(rpc::ServerCall& call);

  GenerationServices services_;
  const InferenceLimits limits_;
  std::atomic<int> calls_{0};
};

}  // namespace wayleave::gateway
