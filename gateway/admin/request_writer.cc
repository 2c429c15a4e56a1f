#include "gateway/admin/request_writer.h"

#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <memory>

#include "gateway/admin/fields.h"
#include "gateway/admin/json_writer.h"

namespace wayleave::gateway {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using Json = nlohmann::ordered_json;

std::string Dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

bool IsPlain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

std::string Escaped(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string escaped;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (IsPlain(c)) {
      escaped += c;
    } else {
      escaped.append({'%', kDigits[byte >> 4], kDigits[byte & 15]});
    }
  }
  return escaped;
}

std::string Joined(const Message& message, const FieldDescriptor& field) {
  std::string text;
  const Reflection& of = *message.GetReflection();
  for (int i = 0; i < of.FieldSize(message, &field); ++i) {
    text.append(i == 0 ? "" : ",").append(of.GetRepeatedString(message, &field, i));
  }
  return text;
}

// As a query or a path has it; empty for what was not set.
std::string TextOf(const FieldPlace& place) {
  const Message& message = place.message;
  const Reflection& of = *message.GetReflection();
  if (place.field.is_repeated()) return Joined(message, place.field);
  switch (place.field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return of.GetInt32(message, &place.field) == 0 ? "" : std::to_string(of.GetInt32(message, &place.field));
    case FieldDescriptor::CPPTYPE_INT64:
      return of.GetInt64(message, &place.field) == 0 ? "" : std::to_string(of.GetInt64(message, &place.field));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      if (!of.HasField(message, &place.field)) return {};
      return google::protobuf::util::TimeUtil::ToString(
          static_cast<const google::protobuf::Timestamp&>(of.GetMessage(message, &place.field)));
    default:
      return of.GetString(message, &place.field);
  }
}

bool Sets(const AdminRoute& route, const Message& request) {
  if (route.sets.empty()) return false;
  return request.GetReflection()->GetBool(request, request.GetDescriptor()->FindFieldByName(std::string(route.sets)));
}

// Of those that call the method the one that sets what is set; else the first that sets nothing.
const AdminRoute* RouteOf(std::string_view rpc, const Message& request) {
  const AdminRoute* plain = nullptr;
  for (const AdminRoute& route : AdminRoutes()) {
    if (route.rpc != rpc || !route.pick.empty()) continue;
    if (Sets(route, request)) return &route;
    if (!plain && route.sets.empty()) plain = &route;
  }
  return plain;
}

std::string PathOf(const AdminRoute& route, Message& request) {
  std::string path(route.path);
  for (const AdminParameter& parameter : route.in_path) {
    const std::string place = "{" + std::string(parameter.name) + "}";
    path.replace(path.find(place), place.size(), Escaped(TextOf(PlaceOf(request, parameter.field))));
  }
  return path;
}

std::string QueryOf(const AdminRoute& route, Message& request) {
  std::string query;
  for (const AdminParameter& parameter : route.in_query) {
    const std::string text = TextOf(PlaceOf(request, parameter.field));
    if (!text.empty()) query.append(query.empty() ? "?" : "&").append(parameter.name).append("=").append(Escaped(text));
  }
  return query;
}

std::string BodyOf(const AdminRoute& route, const Message& request) {
  if (route.body.none()) return {};
  const Json whole = WriteAdminJson(request);
  if (!route.body.field.empty()) return Dump(whole.value(std::string(route.body.field), Json::object()));
  Json members = Json::object();
  for (const std::string_view member : route.body.all()) {
    const auto found = whole.find(std::string(member));
    if (found != whole.end()) members[std::string(member)] = *found;
  }
  return Dump(members);
}

}  // namespace

AdminHttpRequest WriteAdminRequest(std::string_view rpc, const Message& request) {
  AdminHttpRequest wanted{RouteOf(rpc, request), {}, {}};
  const std::unique_ptr<Message> copy(request.New());
  copy->CopyFrom(request);
  wanted.target = PathOf(*wanted.route, *copy) + QueryOf(*wanted.route, *copy);
  wanted.body = BodyOf(*wanted.route, request);
  return wanted;
}

Status ReadAdminAnswer(const AdminRoute& route, std::string_view body, Message& response) {
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  Message* into = &response;
  if (!route.answer.empty()) {
    const FieldPlace place = PlaceOf(response, route.answer);
    into = response.GetReflection()->MutableMessage(&place.message, &place.field);
  }
  const bool read = google::protobuf::util::JsonStringToMessage(std::string(body), into, options).ok();
  if (read) return {};
  return Error{Code::kUnknown, "the answer is not one of a gateway: is --url the address of its admin port?"};
}

}  // namespace wayleave::gateway
