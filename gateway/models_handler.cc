#include "gateway/models_handler.h"

#include "base/http/entity_tag.h"
#include "gateway/catalogue.h"
#include "gateway/credentials.h"
#include "gateway/doors.h"
#include "gateway/errors.h"

namespace wayleave::gateway {
namespace {

constexpr std::chrono::milliseconds kTime{10000};
constexpr std::string_view kList = "/v1/models";

http::Response Json(std::string body) {
  http::Response response;
  response.headers.Add("Content-Type", "application/json");
  response.body = std::move(body);
  return response;
}

http::Response List(const http::Request& request, const router::v1::ListModelsResponse& models, bool messages) {
  const std::string etag = messages ? MessagesListEtag(models.etag()) : ListEtag(models.etag());
  http::Response response;
  if (http::NamesEntityTag(request.headers.Get("if-none-match"), etag)) {
    response.status = 304;
  } else {
    response = Json(messages ? RenderMessagesModels(models) : RenderModels(models));
  }
  response.headers.Add("ETag", etag);
  response.headers.Add("Vary", "anthropic-version");
  return response;
}

http::Response One(const http::Request& request, const router::v1::ListModelsResponse& models, const Addressee& to) {
  const std::string id = http::PercentDecoded(request.path().substr(kList.size() + 1));
  const bool messages = SpeaksMessages(to.endpoint);
  auto model = messages ? RenderMessagesModel(models, id) : RenderModel(models, id);
  if (model) return Json(std::move(*model));
  return ErrorResponse(
      404, "invalid_request_error", "model_not_found",
      "There is no model \"" + id + "\" that this key may use; GET /v1/models lists those that it may.", to);
}

}  // namespace

Task<http::Response> AnswerModels(const GenerationServices& services, const http::Request& request, Record& record) {
  const Addressee to{DialectOf(request), record.request_id};
  rpc::CallContext context;
  context.request_id = record.request_id;
  context.trace = record.span.context();
  context = context.Within(kTime);
  const auth::v1::AuthenticateRequest credential = CredentialOf(request);
  auto who = co_await services.ports.auth.Authenticate(credential, context);
  if (!who) {
    record.error_code = who.error().reason;
    co_return ErrorResponse(who.error(), to);
  }
  record.tenant = who->principal().tenant();
  record.key_id = who->principal().key_id();
  router::v1::ListModelsRequest question;
  *question.mutable_principal() = std::move(*who->mutable_principal());
  auto models = co_await services.ports.router.ListModels(question, context);
  if (!models) co_return ErrorResponse(models.error(), to);
  co_return request.path() == kList ? List(request, *models, SpeaksMessages(to.endpoint)) : One(request, *models, to);
}

}  // namespace wayleave::gateway
