#include "gateway/front_door.h"

#include <algorithm>

#include "base/crypto/id.h"
#include "base/log/log.h"
#include "gateway/doors.h"
#include "gateway/errors.h"
#include "gateway/http_answer.h"
#include "gateway/models_handler.h"

namespace wayleave::gateway {
namespace {

constexpr std::size_t kMostIdBytes = 128;

bool IsIdCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

// The client's own id if it is clean, else a new one.
std::string RequestId(const http::Request& request) {
  const std::string_view given = request.headers.Get("x-request-id");
  const bool clean =
      !given.empty() && given.size() <= kMostIdBytes && std::all_of(given.begin(), given.end(), IsIdCharacter);
  return clean ? std::string(given) : crypto::MakeId("req_");
}

bool WantsWebSocket(const http::Request& request) {
  const std::string_view upgrade = request.headers.Get("upgrade");
  return upgrade.size() == 9 && (upgrade[0] | 0x20) == 'w' && (upgrade[3] | 0x20) == 's';
}

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
    list.append(list.empty() ? "" : ", ").append(door.method).append(" ").append(door.path);
    if (door.path.ends_with('/')) list += "{id}";
  }
  return list;
}

http::Response NoSuchPath(std::string_view path, const Addressee& to) {
  const std::string message = "There is nothing at " + http::CleanValue(path.substr(0, 200)) +
                              ". This gateway answers " + AllDoors() +
                              ". The base URL ends in /v1 for OpenAI's clients and without it for Anthropic's.";
  return ErrorResponse(404, "invalid_request_error", "unknown_url", message, to);
}

// 426 makes Codex fall back to plain HTTP at once; any other refusal costs it several retries.
http::Response UpgradeRefused() {
  http::Response response = ErrorResponse(426, "invalid_request_error", "websocket_not_supported",
                                          "This gateway answers over plain HTTP and server-sent events.");
  response.headers.Add("Upgrade", "HTTP/1.1");
  return response;
}

}  // namespace

Task<void> FrontDoor::Answer(http::Request& request, http::Responder& responder) {
  const Door* door = FindDoor(request.path());
  Record record;
  record.arrived = request.arrived;
  record.request_id = RequestId(request);
  record.peer = request.peer;
  record.method = request.method;
  if (door) record.endpoint = door->name;
  services_.probe.Started();
  co_await Dispatch(door, request, responder, record);
  const auto now = std::chrono::steady_clock::now();
  if (record.status == 0) record.status = 499;  // the client left before there was an answer
  services_.probe.Ended(record, now);
  if (access_log_) log::WriteLine(log::Level::kInfo, AccessLogLine(record, now));
}

Task<void> FrontDoor::Dispatch(const Door* door, http::Request& request, http::Responder& responder, Record& record) {
  const Addressee to{DialectOf(request), record.request_id};
  if (auto preflight = services_.cors.Preflight(request))
    co_return co_await Reply(request, responder, record, std::move(*preflight));
  http::Response response;
  if (WantsWebSocket(request)) {
    response = UpgradeRefused();
  } else if (!door) {
    response = NoSuchPath(request.path(), to);
  } else if (!door->Takes(request.method)) {
    response = WrongMethod(*door, to);
  } else if (door->endpoint == provider::v1::ENDPOINT_UNSPECIFIED) {
    response = co_await AnswerModels(services_, request, record);
  } else {
    HttpAnswer answer(responder);
    co_return co_await AnswerGeneration(services_, request, answer, door->endpoint, record);
  }
  co_await Reply(request, responder, record, std::move(response));
}

Task<void> FrontDoor::Reply(http::Request& request, http::Responder& responder, Record& record,
                            http::Response response) {
  record.status = response.status;
  AddIds(DialectOf(request), record.request_id, response.headers);
  services_.cors.Decorate(request, response.headers);
  co_await responder.Send(std::move(response));
}

}  // namespace wayleave::gateway
