#include "gateway/websocket_door.h"

#include "base/http/websocket_handshake.h"
#include "gateway/catalogue.h"
#include "gateway/credentials.h"
#include "gateway/doors.h"
#include "gateway/errors.h"
#include "gateway/websocket_session.h"

namespace wayleave::gateway {
namespace {

constexpr std::chrono::milliseconds kTime{10000};

// 426 makes Codex fall back to plain HTTP at once; any other refusal costs it several retries.
http::Response Unsupported(const std::string& message) {
  http::Response response = ErrorResponse(426, "invalid_request_error", "websocket_not_supported", message);
  response.headers.Add("Upgrade", "HTTP/1.1");
  return response;
}

// Browsers open WebSockets to anywhere without asking first, and CORS does not apply; but they say who asks.
bool FromForeignPage(const Cors& cors, const http::Request& request) {
  if (!request.headers.Has("origin")) return false;
  http::HeaderList allowed;
  cors.Decorate(request, allowed);
  return !allowed.Has("access-control-allow-origin");
}

}  // namespace

WebSocketDoor::WebSocketDoor(GenerationServices services, const Config& config, metrics::Registry& registry)
    : services_(services),
      config_(config.websockets),
      body_bytes_(config.http.body_bytes),
      budget_(config.websockets.memory_bytes, registry) {}

Task<http::Response> WebSocketDoor::Admit(const http::Request& request, Record& record) {
  if (!config_.enabled) co_return Unsupported("This gateway answers over plain HTTP and server-sent events.");
  const Door* door = FindDoor(request.path());
  if (!door || door->endpoint != provider::v1::ENDPOINT_RESPONSES) {
    co_return Unsupported("WebSockets are opened at /v1/responses only; everything else is plain HTTP.");
  }
  if (const auto refusal = http::CheckHandshake(request)) {
    http::Response response =
        ErrorResponse(refusal->status, "invalid_request_error", "invalid_handshake", refusal->message);
    if (refusal->status == 426) response.headers.Add("Sec-WebSocket-Version", "13");
    co_return response;
  }
  if (FromForeignPage(services_.cors, request)) {
    co_return ErrorResponse(403, "permission_error", "origin_not_allowed",
                            "Pages of this origin may not use this gateway; see gateway.cors.origins.");
  }
  rpc::CallContext context;
  context.request_id = record.request_id;
  context.trace = record.span.context();
  context = context.Within(kTime);
  const auth::v1::AuthenticateRequest credential = CredentialOf(request);
  auto who = co_await services_.ports.auth.Authenticate(credential, context);
  if (!who) {
    record.error_code = who.error().reason;
    co_return ErrorResponse(who.error());
  }
  record.tenant = who->principal().tenant();
  record.key_id = who->principal().key_id();
  http::Response accepted;
  accepted.status = 101;
  accepted.headers = co_await AcceptingHeaders(who->principal(), context);
  co_return accepted;
}

// Older releases of Codex read here whether their list of models is the newest; newer ones in each answer.
Task<http::HeaderList> WebSocketDoor::AcceptingHeaders(const auth::v1::Principal& principal,
                                                       const rpc::CallContext& context) {
  http::HeaderList headers;
  router::v1::ListModelsRequest question;
  *question.mutable_principal() = principal;
  auto models = co_await services_.ports.router.ListModels(question, context);
  if (models && !models->etag().empty()) headers.Add("x-models-etag", ListEtag(models->etag()));
  co_return headers;
}

Task<void> WebSocketDoor::Converse(const http::Request& request, http::Responder& responder, http::HeaderList headers) {
  http::WebSocketLimits limits;
  limits.message_bytes = body_bytes_;
  limits.idle_timeout = config_.idle_timeout;
  limits.ping_interval = config_.ping_interval;
  WebSocketSession session(services_, request, budget_, body_bytes_);
  const http::Responder::Session run = [&session](http::WebSocket& socket) { return session.Run(socket); };
  co_await responder.Upgrade(request, std::move(headers), limits, run);
}

}  // namespace wayleave::gateway
