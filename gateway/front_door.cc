#include "gateway/front_door.h"

#include "base/http/websocket_handshake.h"
#include "gateway/doors.h"
#include "gateway/errors.h"
#include "gateway/explain_handler.h"
#include "gateway/http_answer.h"
#include "gateway/models_handler.h"
#include "gateway/request_id.h"
#include "gateway/spans.h"

namespace wayleave::gateway {
namespace {

http::Response WrongMethod(const Door& door, const Addressee& to) {
  http::Response response =
      ErrorResponse(405, "invalid_request_error", "method_not_allowed",
                    std::string(door.path) + " answers " + std::string(door.method) + " only.", to);
  response.headers.Add("Allow", door.method == "GET" ? "GET, HEAD" : std::string(door.method));
  return response;
}

std::string AllDoors() {
  std::string list;
  for (const Door& door : Doors()) {
    list.append(list.empty() ? "" : ", ").append(door.method).append(" ").append(RouteOf(door));
  }
  return list;
}

http::Response NoSuchPath(std::string_view path, const Addressee& to) {
  const std::string message = "There is nothing at " + http::CleanValue(path.substr(0, 200)) +
                              ". This gateway answers " + AllDoors() +
                              ". The base URL ends in /v1 for OpenAI's clients and without it for Anthropic's.";
  return ErrorResponse(404, "invalid_request_error", "unknown_url", message, to);
}

}  // namespace

Task<void> FrontDoor::Answer(http::Request& request, http::Responder& responder) {
  const Door* door = FindDoor(request.path());
  Record record;
  record.arrived = request.arrived;
  record.request_id = RequestIdOf(request.headers);
  record.peer = request.peer;
  record.method = request.method;
  if (door) record.endpoint = door->name;
  BeginRequest(services_.tracer, request, door, record);
  services_.probe.Started();
  Live::Visit visit(services_.live, record);
  std::optional<http::Response> accepted = co_await Dispatch(door, request, responder, record);
  const auto now = std::chrono::steady_clock::now();
  if (record.status == 0) record.status = 499;  // the client left before there was an answer
  visit.Ended(now);
  services_.ended.Take(std::move(record), now);
  if (accepted) co_await websockets_.Converse(request, responder, std::move(accepted->headers));
}

Task<std::optional<http::Response>> FrontDoor::Dispatch(const Door* door, http::Request& request,
                                                        http::Responder& responder, Record& record) {
  const Addressee to{DialectOf(request), record.request_id};
  if (auto preflight = services_.cors.Preflight(request)) {
    co_await Reply(request, responder, record, std::move(*preflight));
    co_return std::nullopt;
  }
  http::Response response;
  if (http::AsksForWebSocket(request.headers)) {
    response = co_await websockets_.Admit(request, record);
    if (response.status == 101) {
      record.status = response.status;
      AddIds(DialectOf(request), record.request_id, response.headers);
      co_return response;
    }
  } else if (!door) {
    response = NoSuchPath(request.path(), to);
  } else if (!door->Takes(request.method)) {
    response = WrongMethod(*door, to);
  } else if (door->path == kExplainPath) {
    response = co_await AnswerExplain(services_, request, record);
  } else if (door->endpoint == provider::v1::ENDPOINT_UNSPECIFIED) {
    response = co_await AnswerModels(services_, request, record);
  } else {
    HttpAnswer answer(responder);
    co_await AnswerGeneration(services_, request, answer, door->endpoint, record);
    co_return std::nullopt;
  }
  co_await Reply(request, responder, record, std::move(response));
  co_return std::nullopt;
}

Task<void> FrontDoor::Reply(http::Request& request, http::Responder& responder, Record& record,
                            http::Response response) {
  record.status = response.status;
  AddIds(DialectOf(request), record.request_id, response.headers);
  services_.cors.Decorate(request, response.headers);
  co_await responder.Send(std::move(response));
}

}  // namespace wayleave::gateway
