#include "gateway/inference_service.h"

#include "gateway/credentials.h"
#include "gateway/errors.h"
#include "gateway/inference_errors.h"
#include "gateway/inference_request.h"
#include "gateway/inference_sink.h"
#include "gateway/inference_vectors.h"
#include "gateway/request_id.h"
#include "gateway/spans.h"

namespace wayleave::gateway {
namespace {

using inference::v1::EmbedRequest;
using inference::v1::EmbedResponse;
using inference::v1::GenerateRequest;
using inference::v1::ListModelsRequest;
using inference::v1::ListModelsResponse;

constexpr const char* kService = "wayleave.inference.v1.InferenceService";
constexpr std::chrono::milliseconds kModelsTime{10000};
constexpr std::chrono::milliseconds kCrowdPause{1000};

http::Response Page(int status, std::string_view code, std::string_view message) {
  return ErrorResponse(status, status == 429 ? "rate_limit_error" : "invalid_request_error", code, message);
}

http::Response TooLarge(std::size_t limit) {
  return Page(413, "request_too_large",
              "The request is larger than the " + std::to_string(limit) +
                  " bytes that this gateway takes, images counted in base64. Send less, or raise "
                  "gateway.limits.body_bytes in the gateway's configuration.");
}

http::Response TooMany() {
  http::Response response =
      Page(429, "rate_limit_exceeded", "This gateway answers as many calls as it can. Try again.");
  response.headers.Add("Retry-After", std::to_string(kCrowdPause / std::chrono::seconds(1)));
  return response;
}

void AddModel(const router::v1::Model& model, ListModelsResponse& to) {
  auto& added = *to.add_models();
  added.set_id(model.id());
  added.set_display_name(model.display_name());
  added.set_context_window(model.context_window());
  *added.mutable_aliases() = model.aliases();
  *added.mutable_reasoning_efforts() = model.reasoning_levels();
  added.set_images(model.images());
}

}  // namespace

// One call from its arrival to its line in the access log; lives in the handler.
class InferenceService::Visit {
 public:
  Visit(InferenceService& service, rpc::ServerCall& call, const char* method) : service_(service), call_(call) {
    request.method = "POST";
    request.arrived = record.arrived = std::chrono::steady_clock::now();
    request.peer = record.peer = call.peer();
    for (auto& [name, value] : call.metadata()) request.headers.Add(name, value);
    record.request_id = RequestIdOf(request.headers);
    record.method = method;
    record.endpoint = "inference";
    BeginCall(service_.services_.tracer, request.headers, record);
    call.AddTrailer("x-request-id", record.request_id);
    crowded_ = ++service_.calls_ > service_.limits_.calls;
    service_.services_.probe.Started();
    visit_.emplace(service_.services_.live, record);
  }

  ~Visit() {
    const auto now = std::chrono::steady_clock::now();
    if (record.status == 0) record.status = call_.cancelled() ? 499 : 200;
    visit_->Ended(now);
    service_.services_.ended.Take(std::move(record), now);
    --service_.calls_;
  }

  // Makes the body the request's; the refusal if it can't be taken.
  Status Take(Result<std::string> body) {
    if (!body) return Refuse(ErrorResponse(body.error()), body.error().reason);
    if (crowded_) return Refuse(TooMany(), "rate_limit_exceeded");
    if (body->size() > service_.limits_.body_bytes)
      return Refuse(TooLarge(service_.limits_.body_bytes), "request_too_large");
    request.body = std::move(*body);
    return {};
  }

  // What HTTP clients would be told, for the record and as this call's status.
  Error Refuse(const http::Response& response, const std::string& reason) {
    record.status = response.status;
    record.error_code = reason;
    Error error = ErrorOf(response);
    error.reason = reason;
    return error;
  }

  http::Request request;
  Record record;

 private:
  InferenceService& service_;
  rpc::ServerCall& call_;
  bool crowded_ = false;
  std::optional<Live::Visit> visit_;
};

InferenceService::InferenceService(GenerationServices services, InferenceLimits limits)
    : services_(services), limits_(limits) {}

// Embed is a stream of one message to base/rpc, because only handlers of streams learn that their caller has gone.
void InferenceService::Register(rpc::Server& server) {
  server.Stream<GenerateRequest>(kService, "Generate", [this](rpc::ServerCall& call, const GenerateRequest& request) {
    return Generate(call, request);
  });
  server.Stream<EmbedRequest>(
      kService, "Embed", [this](rpc::ServerCall& call, const EmbedRequest& request) { return Embed(call, request); });
  server.Unary<ListModelsRequest, ListModelsResponse>(
      kService, "ListModels", [this](rpc::ServerCall& call, const ListModelsRequest&) { return ListModels(call); });
}

Task<Status> InferenceService::Generate(rpc::ServerCall& call, const GenerateRequest& request) {
  Visit visit(*this, call, "Generate");
  if (Status taken = visit.Take(ResponsesBody(request)); !taken) co_return taken;
  EventSink sink(call, visit.record);
  co_await AnswerGeneration(services_, visit.request, sink, provider::v1::ENDPOINT_RESPONSES, visit.record);
  co_return sink.Finish();
}

Task<Status> InferenceService::Embed(rpc::ServerCall& call, const EmbedRequest& request) {
  Visit visit(*this, call, "Embed");
  if (Status taken = visit.Take(EmbeddingsBody(request)); !taken) co_return taken;
  DocumentSink sink(call);
  co_await AnswerGeneration(services_, visit.request, sink, provider::v1::ENDPOINT_EMBEDDINGS, visit.record);
  if (!sink.answer()) co_return Error{Code::kCancelled, "The caller has gone.", {}, {}};
  if (sink.answer()->status >= 400) co_return ErrorOf(*sink.answer());
  auto vectors = ReadVectors(sink.answer()->body, request.inputs_size());
  if (!vectors) co_return visit.Refuse(ErrorResponse(vectors.error()), vectors.error().reason);
  const auto& used = visit.record.settlement;
  if (used && !used->estimated()) *vectors->mutable_usage() = used->usage();
  call.WriteLast(*vectors);
  co_return Status{};
}

Task<Result<ListModelsResponse>> InferenceService::ListModels(rpc::ServerCall& call) {
  Visit visit(*this, call, "ListModels");
  rpc::CallContext context = call.context().Within(kModelsTime);
  context.request_id = visit.record.request_id;
  context.trace = visit.record.span.context();
  const auth::v1::AuthenticateRequest credential = CredentialOf(visit.request);
  auto who = co_await services_.ports.auth.Authenticate(credential, context);
  if (!who) co_return visit.Refuse(ErrorResponse(who.error()), who.error().reason);
  visit.record.tenant = who->principal().tenant();
  visit.record.key_id = who->principal().key_id();
  visit.record.user = who->principal().user();
  router::v1::ListModelsRequest question;
  *question.mutable_principal() = std::move(*who->mutable_principal());
  auto models = co_await services_.ports.router.ListModels(question, context);
  if (!models) co_return visit.Refuse(ErrorResponse(models.error()), models.error().reason);
  ListModelsResponse response;
  for (const router::v1::Model& model : models->models()) AddModel(model, response);
  co_return response;
}

}  // namespace wayleave::gateway
