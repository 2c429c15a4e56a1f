#include "gateway/admin/admin_api.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <memory>
#include <optional>

#include "base/log/log.h"
#include "gateway/admin/json_writer.h"
#include "gateway/admin/openapi.h"
#include "gateway/admin/origin.h"
#include "gateway/admin/request_maker.h"
#include "gateway/admin/status_page.h"
#include "gateway/errors.h"
#include "gateway/request_id.h"

namespace wayleave::gateway {
namespace {

using boost::beast::iequals;
using google::protobuf::Message;
using Json = nlohmann::ordered_json;

constexpr std::size_t kMostBodyBytes = 1 << 20;
constexpr std::size_t kMostCredentialBytes = 4096;
constexpr char kFault[] = "invalid_request_error";

// The key after "Bearer "; empty where there is none that may travel as metadata.
std::string BearerOf(const http::HeaderList& headers) {
  constexpr std::string_view kScheme = "bearer ";
  std::string_view value = headers.Get("authorization");
  if (headers.Count("authorization") != 1 || !iequals(value.substr(0, kScheme.size()), kScheme)) return {};
  value.remove_prefix(kScheme.size());
  value.remove_prefix(std::min(value.size(), value.find_first_not_of(' ')));
  const bool visible = std::all_of(value.begin(), value.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  return visible && value.size() <= kMostCredentialBytes ? std::string(value) : std::string();
}

// Our own words about a request and the service's, without the key that somebody put in a wrong place.
std::string WithoutCredential(std::string text, const std::string& credential) {
  constexpr std::string_view kInstead = "[key]";
  if (credential.empty()) return text;
  for (auto at = text.find(credential); at != std::string::npos; at = text.find(credential, at + kInstead.size())) {
    text.replace(at, credential.size(), kInstead);
  }
  return text;
}

http::Response Failed(Error error, const AdminCaller& caller) {
  const bool request_fault = error.code == Code::kInvalidArgument || error.code == Code::kFailedPrecondition ||
                             error.code == Code::kOutOfRange;
  if (error.reason.empty() && request_fault) error.reason = "invalid_request";
  error.message = WithoutCredential(std::move(error.message), caller.credential);
  error.reason = WithoutCredential(std::move(error.reason), caller.credential);
  return ErrorResponse(error);
}

http::Response NoRoute(const Error& error, const AdminCaller& caller) {
  if (error.code != Code::kUnimplemented) return Failed(error, caller);
  http::Response response = ErrorResponse(405, kFault, error.reason, "This path answers " + error.message + " only.");
  response.headers.Add("Allow", error.message);
  return response;
}

Error NoKey() {
  return {Code::kUnauthenticated,
          "Administration needs a key that has the scope admin: send \"Authorization: Bearer wl_...\" once.",
          "invalid_api_key",
          {}};
}

bool IsJson(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  return iequals(type, "application/json");
}

std::optional<http::Response> RefuseBody(const http::Request& request) {
  if (request.body.size() > kMostBodyBytes)
    return ErrorResponse(413, kFault, "request_too_large", "The body is larger than 1 MiB; send less.");
  const http::HeaderList& headers = request.headers;
  const bool json = headers.Count("content-type") == 1 && IsJson(headers.Get("content-type"));
  if (request.body.empty() || json) return std::nullopt;
  return ErrorResponse(415, kFault, "unsupported_media_type",
                       "The body must be JSON; send \"Content-Type: application/json\".");
}

// The element of a list whose name or id is the path's.
const Message* Picked(const AdminTarget& target, const Message& response) {
  const auto* list = response.GetDescriptor()->FindFieldByName(std::string(target.route->answer));
  const auto* name = list->message_type()->FindFieldByName(std::string(target.route->pick));
  const google::protobuf::Reflection& of = *response.GetReflection();
  for (int i = 0; i < of.FieldSize(response, list); ++i) {
    const Message& element = of.GetRepeatedMessage(response, list, i);
    if (element.GetReflection()->GetString(element, name) == target.arguments.at(target.route->pick)) return &element;
  }
  return nullptr;
}

const Message* AnswerIn(const AdminTarget& target, const Message& response) {
  const AdminRoute& route = *target.route;
  if (!route.pick.empty()) return Picked(target, response);
  if (route.answer.empty()) return &response;
  const auto* field = response.GetDescriptor()->FindFieldByName(std::string(route.answer));
  return &response.GetReflection()->GetMessage(response, field);
}

http::Response Page(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.headers.Add("Content-Type", "application/json");
  response.body = std::move(body);
  return response;
}

http::Response Document(int status, const Message& message) {
  return Page(status, WriteAdminJson(message).dump(-1, ' ', false, Json::error_handler_t::replace));
}

template <class Answer>
http::Response Told(const Result<Answer>& answer, const AdminCaller& caller) {
  return answer ? Document(200, *answer) : Failed(answer.error(), caller);
}

http::Response Told(const AdminTarget& target, const Message& response, const AdminCaller& caller) {
  const Message* answer = AnswerIn(target, response);
  if (answer) return Document(target.route->status, *answer);
  return Failed({Code::kNotFound,
                 "There is none of that " + std::string(target.route->pick) + "; the list of " +
                     std::string(target.route->answer) + " has what this key may see.",
                 "not_found",
                 {}},
                caller);
}

// Pages and terminals look every second: that is no news.
void LogRequest(const AdminRoute& route, int status, const AdminCaller& caller) {
  const log::Level level = route.own && status == 200 ? log::Level::kDebug : log::Level::kInfo;
  if (!log::Enabled(level)) return;
  log::Write(level, "admin_request",
             {{"request_id", caller.request_id}, {"operation", route.id}, {"status", status}, {"client", caller.peer}});
}

// Keys and money are for no cache.
void AddHeaders(const std::string& request_id, http::HeaderList& headers) {
  headers.Add("Cache-Control", "no-store");
  headers.Add("X-Content-Type-Options", "nosniff");
  headers.Add("x-request-id", request_id);
}

}  // namespace

Task<void> AdminApi::Serve(http::Request& request, http::Responder& responder) {
  http::Response response = co_await Answer(request);
  co_await responder.Send(std::move(response));
}

Task<http::Response> AdminApi::Answer(const http::Request& request) {
  const AdminCaller caller{BearerOf(request.headers), RequestIdOf(request.headers), request.peer};
  http::Response response = IsStatusPage(request) ? StatusPage() : http::Response();
  if (!IsStatusPage(request)) response = co_await Dispatch(request, caller);
  AddHeaders(caller.request_id, response.headers);
  co_return response;
}

Task<http::Response> AdminApi::Dispatch(const http::Request& request, const AdminCaller& caller) {
  if (Status status = CheckOrigin(request.headers, config_.hosts); !status) co_return Failed(status.error(), caller);
  const auto target = FindAdminRoute(request.method, request.path());
  if (!target) co_return NoRoute(target.error(), caller);
  if (target->route->describes()) co_return Page(200, AdminOpenApi());
  http::Response response = caller.credential.empty() ? Failed(NoKey(), caller) : http::Response();
  if (!caller.credential.empty()) response = co_await Call(*target, request, caller);
  LogRequest(*target->route, response.status, caller);
  co_return response;
}

Task<http::Response> AdminApi::Call(const AdminTarget& target, const http::Request& request,
                                    const AdminCaller& caller) {
  if (target.route->own) co_return co_await CallSelf(*target.route, request, caller);
  if (auto refusal = RefuseBody(request)) co_return *std::move(refusal);
  const auto message = MakeAdminRequest(target, request.query(), request.body);
  if (!message) co_return Failed(message.error(), caller);
  const std::unique_ptr<Message> response(AdminResponseOf(*target.route).New());
  const Status status = co_await port_.Call(target.route->rpc, **message, *response, caller);
  if (!status) co_return Failed(status.error(), caller);
  co_return Told(target, *response, caller);
}

Task<http::Response> AdminApi::CallSelf(const AdminRoute& route, const http::Request& request,
                                        const AdminCaller& caller) {
  if (!request.query().empty() || !request.body.empty())
    co_return Failed({Code::kInvalidArgument, "This operation takes no parameters and no body."}, caller);
  if (route.own() == v1::Live::descriptor()) {
    const auto live = co_await live_.Look(caller);
    co_return Told(live, caller);
  }
  const auto health = co_await live_.Check(caller);
  co_return Told(health, caller);
}

http::Response AdminApi::ErrorPage(const http::Request& request, int status, std::string_view message) {
  const char* code = status == 413 ? "request_too_large" : status == 415 ? "unsupported_encoding" : "";
  http::Response response = ErrorResponse(status, status >= 500 ? "server_error" : kFault, code, message);
  AddHeaders(RequestIdOf(request.headers), response.headers);
  return response;
}

}  // namespace wayleave::gateway
