#include "tests/provider-service/harness.h"

#include "base/config/yaml.h"

namespace wayleave::testing {
namespace {

using namespace provider;
using Clock = std::chrono::steady_clock;

Task<void> CancelLater(Generation& generation, std::chrono::milliseconds time) {
  co_await Sleep(time);
  generation.Cancel();
}

void Add(v1::GenerateResponse& piece, Answer& answer) {
  ++answer.pieces;
  if (piece.has_head()) answer.head = piece.head();
  answer.has_head |= piece.has_head();
  answer.data += piece.data();
  if (piece.has_cut()) answer.cuts.push_back({answer.data, piece.cut().data()});
  answer.events += piece.events();
  if (piece.has_failure()) answer.failure = piece.failure();
  answer.has_failure |= piece.has_failure();
  if (piece.has_end()) answer.end = piece.end();
  answer.has_end |= piece.has_end();
  if (piece.has_interrupted()) answer.interrupted = piece.interrupted();
  answer.has_interrupted |= piece.has_interrupted();
}

Task<void> Collect(Core& core, const v1::GenerateRequest& request, const AskOptions& options, Answer& answer) {
  rpc::CallContext context;
  context.request_id = options.request_id;
  context.trace = options.trace;
  const auto begin = Clock::now();
  const auto generation = core.Start(request, context);
  TaskGroup group;
  if (options.cancel_after.count() > 0) group.Spawn(CancelLater(*generation, options.cancel_after));
  v1::GenerateResponse piece;
  while (co_await generation->Next(piece)) {
    if (answer.pieces == 0) {
      answer.first_piece_after = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
    }
    Add(piece, answer);
  }
  answer.status = generation->status();
  co_await group.Empty();
}

Task<void> List(Core& core, const v1::ListModelsRequest& request, v1::ListModelsResponse& response) {
  response = co_await core.ListModels(request);
}

Task<void> ProbeOne(Core& core, const v1::ProbeRequest& request, Result<v1::ProbeResponse>& response) {
  response = co_await core.Probe(request);
}

}  // namespace

Harness::Harness(const std::string& yaml) {
  config::Section root = config::Document::Parse(yaml);
  core_ = std::make_unique<Core>(ReadConfig(root), 1, registry_);
  worker_.Start();
}

Harness::~Harness() {
  worker_.Stop();
  worker_.Join();
}

Answer Harness::Ask(const v1::GenerateRequest& request, AskOptions options) {
  Answer answer;
  RunOn(worker_, [&] { return Collect(*core_, request, options, answer); });
  return answer;
}

v1::ListModelsResponse Harness::ListModels() {
  const v1::ListModelsRequest request;
  v1::ListModelsResponse response;
  RunOn(worker_, [&] { return List(*core_, request, response); });
  return response;
}

Result<v1::ProbeResponse> Harness::Probe(const std::string& provider) {
  v1::ProbeRequest request;
  request.set_provider(provider);
  Result<v1::ProbeResponse> response = Error{};
  RunOn(worker_, [&] { return ProbeOne(*core_, request, response); });
  return response;
}

std::string Harness::Metric(const std::string& series) {
  const std::string text = "\n" + registry_.Render();
  const auto at = text.find("\n" + series + " ");
  if (at == std::string::npos) return "";
  const auto begin = at + series.size() + 2;
  return text.substr(begin, text.find('\n', begin) - begin);
}

v1::GenerateRequest RequestFor(v1::Endpoint endpoint, const std::string& provider, bool stream,
                               const std::string& text) {
  v1::GenerateRequest request;
  request.set_provider(provider);
  request.set_model("upstream-model");
  request.set_client_model("client-model");
  request.set_endpoint(endpoint);
  request.set_stream(stream);
  const std::string front = R"({"extra":{"kept":[1, 2]},"model":)";
  const std::string name = R"("client-model")";
  const std::string content = endpoint == v1::ENDPOINT_RESPONSES
                                  ? R"(,"input":")" + text + R"(")"
                                  : R"(,"messages":[{"role":"user","content":")" + text + R"("}])";
  request.set_body(front + name + content + (stream ? R"(,"stream":true})" : "}"));
  request.mutable_model_range()->set_offset(front.size());
  request.mutable_model_range()->set_length(name.size());
  return request;
}

int CountOf(const std::string& text, const std::string& part) {
  int count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

}  // namespace wayleave::testing
