#include "gateway/explain_handler.h"

#include "gateway/credentials.h"
#include "gateway/errors.h"
#include "gateway/explain_answer.h"
#include "gateway/explain_request.h"

namespace wayleave::gateway {
namespace {

constexpr std::chrono::milliseconds kTime{10000};

http::Response Refused(const Error& error, Record& record) {
  record.error_code = error.reason;
  return ErrorResponse(error);
}

http::Response Explanation(const router::v1::RouteResponse& decision, const router::v1::ExplainResponse& explained,
                           Record& record) {
  record.rule = decision.rule();
  http::Response response;
  response.headers.Add("Content-Type", "application/json");
  response.body = RenderExplanation(decision, explained);
  return response;
}

// Explain tells a refusal in words only; Route, asked the same, gives its status and code.
Task<http::Response> Refusal(RouterPort& router, const router::v1::RouteRequest& facts,
                             const router::v1::ExplainResponse& explained, const rpc::CallContext& context,
                             Record& record) {
  auto route = co_await router.Route(facts, context);
  if (route) co_return Explanation(*route, explained, record);  // a target became well in between
  http::Response response = Refused(route.error(), record);
  AddSteps(explained, response);
  co_return response;
}

}  // namespace

Task<http::Response> AnswerExplain(const GenerationServices& services, const http::Request& request, Record& record) {
  rpc::CallContext context;
  context.request_id = record.request_id;
  context.trace = record.span.context();
  context = context.Within(kTime);
  const auth::v1::AuthenticateRequest credential = CredentialOf(request);
  auto who = co_await services.ports.auth.Authenticate(credential, context);
  if (!who) co_return Refused(who.error(), record);
  record.tenant = who->principal().tenant();
  record.key_id = who->principal().key_id();
  auto facts = ReadExplainBody(request.body, who->principal());
  if (!facts) co_return Refused(facts.error(), record);
  record.model = facts->model();
  router::v1::ExplainRequest question;
  *question.mutable_request() = *facts;
  auto explained = co_await services.ports.router.Explain(question, context);
  if (!explained) co_return Refused(explained.error(), record);
  if (explained->has_decision()) co_return Explanation(explained->decision(), *explained, record);
  co_return co_await Refusal(services.ports.router, *facts, *explained, context, record);
}

}  // namespace wayleave::gateway
