#include "gateway/websocket_session.h"

#include <ctime>
#include <nlohmann/json.hpp>

#include "base/crypto/id.h"
#include "gateway/credentials.h"
#include "gateway/doors.h"
#include "gateway/errors.h"
#include "gateway/spans.h"

namespace wayleave::gateway {
namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;

constexpr std::chrono::milliseconds kAuthenticateTime{10000};
constexpr std::string_view kCodexBeta = "responses_websockets";       // in OpenAI-Beta; nobody but Codex says it
constexpr const char* kNotFoundCode = "previous_response_not_found";  // makes Codex send everything again, at once
constexpr const char* kTooLargeCode = "request_too_large";

// Headers of the handshake say nothing about a question.
bool ConcernsQuestions(std::string_view name, std::string_view value) {
  return !name.starts_with("sec-websocket-") && name != "upgrade" && name != "connection" && name != "x-request-id" &&
         !(name == "openai-beta" && value.starts_with(kCodexBeta));
}

http::Request Stripped(const http::Request& opening) {
  http::Request request;
  request.method = "POST";
  request.target = opening.target;
  request.peer = opening.peer;
  for (const auto& [name, value] : opening.headers.entries()) {
    if (ConcernsQuestions(name, value)) request.headers.Add(name, value);
  }
  return request;
}

http::Response NotFound(const std::string& id) {
  http::Response response =
      ErrorResponse(400, "invalid_request_error", kNotFoundCode,
                    "Previous response with id '" + id +
                        "' not found. The gateway keeps the last responses of a connection for as "
                        "long as it is open; send the whole input without previous_response_id.");
  Json body = Json::parse(response.body);
  body["error"]["param"] = "previous_response_id";
  response.body = body.dump(-1, ' ', false, Json::error_handler_t::replace);
  return response;
}

std::string WarmUpEvent(std::string_view type, int number, const std::string& id, const std::string& raw_model) {
  const bool completed = type == "response.completed";
  Json response = {{"id", id},
                   {"object", "response"},
                   {"created_at", static_cast<std::int64_t>(std::time(nullptr))},
                   {"status", completed ? "completed" : "in_progress"},
                   {"model", Json::parse(raw_model, nullptr, false)},
                   {"error", nullptr},
                   {"incomplete_details", nullptr},
                   {"output", Json::array()},
                   {"usage", nullptr}};
  if (response["model"].is_discarded()) response["model"] = nullptr;
  if (completed) response["usage"] = {{"input_tokens", 0}, {"output_tokens", 0}, {"total_tokens", 0}};
  const Json event = {{"type", type}, {"sequence_number", number}, {"response", response}};
  return event.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

WebSocketSession::WebSocketSession(GenerationServices& services, const http::Request& opening,
                                   ConversationBudget& budget, std::size_t body_bytes)
    : services_(services),
      body_bytes_(body_bytes),
      with_codex_(opening.headers.Get("openai-beta").starts_with(kCodexBeta)),
      request_(Stripped(opening)),
      conversation_(body_bytes, budget) {}

Task<void> WebSocketSession::Run(http::WebSocket& socket) {
  socket_ = &socket;
  for (;;) {
    std::optional<std::string> message = co_await socket.Next();
    if (!message) co_return;
    co_await Answer(std::move(*message));
  }
}

Task<void> WebSocketSession::Answer(std::string message) {
  Result<ClientEvent> event = ReadClientEvent(message);
  if (event && event->kind == ClientEvent::Kind::kNotice) co_return;
  std::string().swap(message);
  Record record;
  record.arrived = Clock::now();
  record.request_id = crypto::MakeId("req_");
  record.peer = request_.peer;
  record.method = "WEBSOCKET";
  record.endpoint = "responses";
  BeginRequest(services_.tracer, request_, DoorOf(provider::v1::ENDPOINT_RESPONSES), record);
  services_.probe.Started();
  Live::Visit visit(services_.live, record);
  co_await AnswerEvent(std::move(event), record);
  const auto now = Clock::now();
  if (record.status == 0) record.status = 499;  // the client left before there was an answer
  const int status = record.status;
  visit.Ended(now);
  services_.ended.Take(std::move(record), now);
  // A key that was revoked in mid-connection doesn't get better.
  if (status == 401) socket_->Close(http::close_code::kPolicyViolation, "the key is not valid any more");
}

Task<void> WebSocketSession::AnswerEvent(Result<ClientEvent> event, Record& record) {
  if (!event) {
    record.error_code = event.error().reason;
    http::Response refused = ErrorResponse(event.error());
    co_return co_await Refuse(std::move(refused), record);
  }
  Conversation::TurnPointer previous;
  if (!event->previous_response_id.empty()) {
    previous = conversation_.Find(event->previous_response_id);
    if (!previous) {
      record.error_code = kNotFoundCode;
      http::Response refused = NotFound(event->previous_response_id);
      co_return co_await Refuse(std::move(refused), record);
    }
  }
  if (Conversation::BytesUpTo(previous) + event->input.size() + event->members.size() > body_bytes_) {
    record.error_code = kTooLargeCode;
    http::Response refused = ErrorResponse(413, "invalid_request_error", kTooLargeCode,
                                           "The question and the conversation that it goes on from are larger than " +
                                               std::to_string(body_bytes_) + " bytes, the limit of this gateway.");
    co_return co_await Refuse(std::move(refused), record);
  }
  if (event->generate) co_return co_await Generate(*event, std::move(previous), record);
  co_await WarmUp(*event, std::move(previous), record);
}

Task<void> WebSocketSession::Generate(const ClientEvent& event, Conversation::TurnPointer previous, Record& record) {
  const std::string earlier = Conversation::ItemsUpTo(previous);
  request_.body = BodyOf(event, earlier);
  WebSocketAnswer answer(*socket_, conversation_.most_bytes(), with_codex_);
  co_await AnswerGeneration(services_, request_, answer, provider::v1::ENDPOINT_RESPONSES, record);
  std::string().swap(request_.body);
  if (answer.response_id().empty()) co_return;
  std::string items = event.input;
  AppendItems(items, answer.TakeItems());
  conversation_.Remember(answer.response_id(), std::move(previous), std::move(items));
}

// Nothing is asked of a provider: there is nothing that it could prepare.
Task<void> WebSocketSession::WarmUp(const ClientEvent& event, Conversation::TurnPointer previous, Record& record) {
  rpc::CallContext context;
  context.request_id = record.request_id;
  context.trace = record.span.context();
  context = context.Within(kAuthenticateTime);
  const auth::v1::AuthenticateRequest credential = CredentialOf(request_);
  auto who = co_await services_.ports.auth.Authenticate(credential, context);
  if (!who) {
    record.error_code = who.error().reason;
    http::Response refused = ErrorResponse(who.error());
    co_return co_await Refuse(std::move(refused), record);
  }
  record.tenant = who->principal().tenant();
  record.key_id = who->principal().key_id();
  record.status = 200;
  record.stream = true;
  const std::string id = crypto::MakeId("resp_");
  conversation_.Remember(id, std::move(previous), event.input);
  const std::string created = WarmUpEvent("response.created", 0, id, event.model);
  const std::string completed = WarmUpEvent("response.completed", 1, id, event.model);
  const std::string_view events[] = {created, completed};
  co_await socket_->Send(events);
}

Task<void> WebSocketSession::Refuse(http::Response response, Record& record) {
  record.status = response.status;
  AddIds(provider::v1::ENDPOINT_RESPONSES, record.request_id, response.headers);
  const std::string message = ErrorMessage(response);
  const std::string_view text = message;
  co_await socket_->Send({&text, 1});
}

}  // namespace wayleave::gateway
