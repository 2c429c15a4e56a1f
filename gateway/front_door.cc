#include "gateway/front_door.h"

#include <algorithm>
#include <array>

#include "base/crypto/id.h"
#include "base/log/log.h"
#include "gateway/catalogue.h"
#include "gateway/credentials.h"
#include "gateway/errors.h"
#include "gateway/http_answer.h"

namespace wayleave::gateway {
namespace {

constexpr std::string_view kResponses = "/v1/responses";
constexpr std::string_view kChat = "/v1/chat/completions";
constexpr std::string_view kModels = "/v1/models";
constexpr std::size_t kMostIdBytes = 128;
constexpr std::chrono::milliseconds kModelsTime{10000};

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

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string PercentDecoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && HexDigit(text[i + 1]) >= 0 && HexDigit(text[i + 2]) >= 0) {
      out.push_back(static_cast<char>(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2])));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

const char* EndpointName(std::string_view path) {
  if (path == kResponses) return "responses";
  if (path == kChat) return "chat_completions";
  if (path == kModels || path.starts_with("/v1/models/")) return "models";
  return "other";
}

bool WantsWebSocket(const http::Request& request) {
  const std::string_view upgrade = request.headers.Get("upgrade");
  return upgrade.size() == 9 && (upgrade[0] | 0x20) == 'w' && (upgrade[3] | 0x20) == 's';
}

http::Response WrongMethod(std::string_view path, std::string_view allowed) {
  http::Response response = ErrorResponse(405, "invalid_request_error", "method_not_allowed",
                                          std::string(path) + " answers " + std::string(allowed) + " only.");
  response.headers.Add("Allow", std::string(allowed));
  return response;
}

http::Response NoSuchPath(std::string_view path) {
  std::string message = "There is nothing at " + http::CleanValue(path.substr(0, 200)) +
                        ". This gateway answers POST /v1/responses, POST /v1/chat/completions, GET /v1/models and GET "
                        "/v1/models/{id}; the base URL for clients ends in /v1.";
  return ErrorResponse(404, "invalid_request_error", "unknown_url", message);
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
  Record record;
  record.arrived = request.arrived;
  record.request_id = RequestId(request);
  record.peer = request.peer;
  record.method = request.method;
  record.endpoint = EndpointName(request.path());
  services_.probe.Started();
  co_await Dispatch(request, responder, record);
  const auto now = std::chrono::steady_clock::now();
  if (record.status == 0) record.status = 499;  // the client left before there was an answer
  services_.probe.Ended(record, now);
  if (access_log_) log::WriteLine(log::Level::kInfo, AccessLogLine(record, now));
}

Task<void> FrontDoor::Dispatch(http::Request& request, http::Responder& responder, Record& record) {
  const std::string_view path = request.path();
  if (auto preflight = services_.cors.Preflight(request))
    co_return co_await Reply(request, responder, record, std::move(*preflight));
  if (WantsWebSocket(request)) {
    http::Response refused = UpgradeRefused();
    co_return co_await Reply(request, responder, record, std::move(refused));
  }
  const bool generation = path == kResponses || path == kChat;
  const bool models = path == kModels || path.starts_with("/v1/models/");
  if (generation && request.method == "POST") {
    const auto endpoint =
        path == kResponses ? provider::v1::ENDPOINT_RESPONSES : provider::v1::ENDPOINT_CHAT_COMPLETIONS;
    HttpAnswer answer(responder);
    co_return co_await AnswerGeneration(services_, request, answer, endpoint, record);
  }
  if (models && (request.method == "GET" || request.method == "HEAD"))
    co_return co_await Models(request, responder, record);
  http::Response refused = generation ? WrongMethod(path, "POST")
                           : models   ? WrongMethod(path, "GET")
                                      : NoSuchPath(path);
  co_await Reply(request, responder, record, std::move(refused));
}

Task<void> FrontDoor::Models(http::Request& request, http::Responder& responder, Record& record) {
  rpc::CallContext context;
  context.request_id = record.request_id;
  context = context.Within(kModelsTime);
  const auth::v1::AuthenticateRequest credential = CredentialOf(request.headers);
  auto who = co_await services_.ports.auth.Authenticate(credential, context);
  if (!who) {
    record.error_code = who.error().reason;
    http::Response refused = ErrorResponse(who.error());
    co_return co_await Reply(request, responder, record, std::move(refused));
  }
  record.tenant = who->principal().tenant();
  record.key_id = who->principal().key_id();
  router::v1::ListModelsRequest question;
  *question.mutable_principal() = std::move(*who->mutable_principal());
  auto models = co_await services_.ports.router.ListModels(question, context);
  http::Response response;
  if (!models) {
    response = ErrorResponse(models.error());
  } else if (request.path() == kModels) {
    const std::string etag = "\"" + models->etag() + "\"";
    const bool same = request.headers.Get("if-none-match") == etag;
    response.status = same ? 304 : 200;
    if (!same) response.body = RenderModels(*models);
    response.headers.Add("Content-Type", "application/json");
    response.headers.Add("ETag", etag);
  } else {
    const std::string id = PercentDecoded(request.path().substr(std::string_view("/v1/models/").size()));
    auto model = RenderModel(*models, id);
    if (model) {
      response.headers.Add("Content-Type", "application/json");
      response.body = std::move(*model);
    } else {
      response = ErrorResponse(
          404, "invalid_request_error", "model_not_found",
          "There is no model \"" + id + "\" that this key may use; GET /v1/models lists those that it may.");
    }
  }
  co_await Reply(request, responder, record, std::move(response));
}

Task<void> FrontDoor::Reply(http::Request& request, http::Responder& responder, Record& record,
                            http::Response response) {
  record.status = response.status;
  response.headers.Add("x-request-id", record.request_id);
  services_.cors.Decorate(request, response.headers);
  co_await responder.Send(std::move(response));
}

}  // namespace wayleave::gateway
