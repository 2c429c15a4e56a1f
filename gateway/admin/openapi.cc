#include "gateway/admin/openapi.h"

#include <nlohmann/json.hpp>

#include "gateway/admin/fields.h"
#include "gateway/admin/routes.h"
#include "gateway/admin/schemas.h"

namespace wayleave::gateway {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using Json = nlohmann::ordered_json;

constexpr char kAbout[] =
    "Tenants, users, keys, usage, budgets and the audit chain, on the admin port of the gateway. Each request is made "
    "in the name of a key whose scope allows it: admin for everything, admin:read for looking only, keys for the keys "
    "and users of its tenant.\n\n"
    "Whole numbers are JSON numbers, those of 64 bits, too; a request may also give them as texts of digits. Money is "
    "in billionths of a US dollar, in fields whose names end in _nano_usd. Fields that are 0 or empty are in answers; "
    "those that can be absent, such as times, are left out. Times are RFC 3339, durations are seconds, for example "
    "3600s. Members and query parameters that are not known are errors.";

std::string LowerOf(std::string_view method) {
  std::string lower(method);
  for (char& c : lower) c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

// The field at the end of a path such as "of.since".
const FieldDescriptor& FieldAt(const Descriptor& type, std::string_view path) {
  const auto dot = path.find('.');
  const FieldDescriptor& field = *type.FindFieldByName(std::string(path.substr(0, dot)));
  return dot == std::string_view::npos ? field : FieldAt(*field.message_type(), path.substr(dot + 1));
}

Json ParameterOf(const AdminParameter& parameter, const char* where, Json schema) {
  const bool list = schema.value("type", "") == "array";
  Json json = {{"name", parameter.name}, {"in", where}, {"description", parameter.description}};
  if (where == std::string_view("path")) json["required"] = true;
  json["schema"] = std::move(schema);
  if (list) json.update({{"style", "form"}, {"explode", false}});
  return json;
}

Json ParametersOf(const AdminRoute& route, AdminSchemas& schemas) {
  Json list = Json::array();
  for (const AdminParameter& parameter : route.in_path) {
    list.push_back(ParameterOf(parameter, "path", {{"type", "string"}, {"minLength", 1}, {"maxLength", 512}}));
  }
  for (const AdminParameter& parameter : route.in_query) {
    const FieldDescriptor& field = FieldAt(*AdminRequestOf(route).GetDescriptor(), parameter.field);
    list.push_back(ParameterOf(parameter, "query", schemas.Of(field)));
  }
  return list;
}

Json Content(Json schema) { return {{"application/json", {{"schema", std::move(schema)}}}}; }

Json MembersOf(const AdminRoute& route, AdminSchemas& schemas) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const std::string_view member : route.body.all()) {
    properties[std::string(member)] = schemas.Of(FieldAt(*AdminRequestOf(route).GetDescriptor(), member));
  }
  for (const std::string_view member : route.body.needed()) required.push_back(member);
  Json schema = {{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
  if (!required.empty()) schema["required"] = std::move(required);
  return schema;
}

Json BodyOf(const AdminRoute& route, AdminSchemas& schemas) {
  Json schema = route.body.field.empty()
                    ? MembersOf(route, schemas)
                    : schemas.Of(FieldAt(*AdminRequestOf(route).GetDescriptor(), route.body.field));
  return {{"required", route.body.required}, {"content", Content(std::move(schema))}};
}

Json AnswerOf(const AdminRoute& route, AdminSchemas& schemas) {
  if (route.describes()) return {{"type", "object"}};
  if (route.own) return schemas.Of(*route.own());
  const Descriptor& type = *AdminResponseOf(route).GetDescriptor();
  if (route.answer.empty()) return schemas.Of(type);
  return schemas.Of(*FieldAt(type, route.answer).message_type());
}

Json OperationOf(const AdminRoute& route, AdminSchemas& schemas) {
  Json operation = {{"operationId", route.id}, {"summary", route.summary}};
  if (route.describes()) operation["security"] = Json::array();
  Json parameters = ParametersOf(route, schemas);
  if (!parameters.empty()) operation["parameters"] = std::move(parameters);
  if (!route.body.none()) operation["requestBody"] = BodyOf(route, schemas);
  operation["responses"][std::to_string(route.status)] = {{"description", route.status == 201 ? "Made." : "Done."},
                                                          {"content", Content(AnswerOf(route, schemas))}};
  operation["responses"]["default"] = {{"$ref", "#/components/responses/Error"}};
  return operation;
}

Json ErrorSchema() {
  const Json text = {{"type", "string"}};
  const Json text_or_null = {{"type", {"string", "null"}}};
  const Json error = {{"type", "object"},
                      {"required", {"message", "type", "param", "code"}},
                      {"properties",
                       {{"message", text}, {"type", text}, {"param", text_or_null}, {"code", text_or_null}}}};
  return {{"type", "object"}, {"required", Json::array({"error"})}, {"properties", {{"error", error}}}};
}

Json ErrorAnswer() {
  return {{"description",
           "400: the message names the parameter or member that is wrong. 401: no key, or one that is not good. 403: "
           "the key's scopes do not allow it. 404: there is no such thing, or it belongs to another tenant. 409: "
           "there is one already. 503: auth-service is away; come again."},
          {"content", Content({{"$ref", "#/components/schemas/Error"}})}};
}

Json Document() {
  AdminSchemas schemas;
  Json paths = Json::object();
  for (const AdminRoute& route : AdminRoutes()) {
    paths[std::string(route.path)][LowerOf(route.method)] = OperationOf(route, schemas);
  }
  Json components = schemas.Components();
  components["Error"] = ErrorSchema();
  return {{"openapi", "3.1.0"},
          {"info", {{"title", "Wayleave administration"}, {"version", "1"}, {"description", kAbout}}},
          {"security", Json::array({{{"key", Json::array()}}})},
          {"paths", std::move(paths)},
          {"components",
           {{"schemas", std::move(components)},
            {"responses", {{"Error", ErrorAnswer()}}},
            {"securitySchemes",
             {{"key",
               {{"type", "http"},
                {"scheme", "bearer"},
                {"description", "A key that `wayleave key create --scope admin` made."}}}}}}}};
}

}  // namespace

const std::string& AdminOpenApi() {
  static const std::string text = Document().dump(2) + "\n";
  return text;
}

}  // namespace wayleave::gateway
