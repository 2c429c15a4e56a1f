#include "gateway/admin/schemas.h"

#include "gateway/admin/fields.h"

namespace wayleave::gateway {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using Json = nlohmann::ordered_json;

// The name within its package.
template <class Type>
std::string NameOf(const Type& type) {
  return type.full_name().substr(type.file()->package().size() + 1);
}

Json Reference(const std::string& name) { return {{"$ref", "#/components/schemas/" + name}}; }

Json Number(const char* type, const char* format) { return {{"type", type}, {"format", format}}; }

}  // namespace

Json AdminSchemas::Of(const Descriptor& type) {
  if (IsTime(type)) return {{"type", "string"}, {"format", "date-time"}};
  if (IsDuration(type))
    return {{"type", "string"}, {"pattern", "^-?[0-9]+(\\.[0-9]{1,9})?s$"}, {"examples", Json::array({"3600s"})}};
  const std::string name = NameOf(type);
  if (components_.contains(name)) return Reference(name);
  components_[name] = Json();  // before its fields, which may hold it again
  Json properties = Json::object();
  for (int i = 0; i < type.field_count(); ++i) properties[type.field(i)->name()] = Of(*type.field(i));
  components_[name] = {{"type", "object"}, {"properties", std::move(properties)}};
  return Reference(name);
}

Json AdminSchemas::Of(const EnumDescriptor& type) {
  Json names = Json::array();
  for (int i = 0; i < type.value_count(); ++i) names.push_back(type.value(i)->name());
  components_[NameOf(type)] = {{"type", "string"}, {"enum", std::move(names)}};
  return Reference(NameOf(type));
}

Json AdminSchemas::Of(const FieldDescriptor& field) {
  if (field.is_map()) return {{"type", "object"}, {"additionalProperties", OfOne(*field.message_type()->map_value())}};
  if (field.is_repeated()) return {{"type", "array"}, {"items", OfOne(field)}};
  return OfOne(field);
}

Json AdminSchemas::OfOne(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      if (field.type() == FieldDescriptor::TYPE_BYTES) return {{"type", "string"}, {"contentEncoding", "base64"}};
      return {{"type", "string"}};
    case FieldDescriptor::CPPTYPE_BOOL:
      return {{"type", "boolean"}};
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_UINT32:
      return Number("integer", "int32");
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_UINT64:
      return Number("integer", "int64");
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
      return Number("number", "double");
    case FieldDescriptor::CPPTYPE_ENUM:
      return Of(*field.enum_type());
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return Of(*field.message_type());
  }
  return Json::object();
}

Json AdminSchemas::Components() const {
  Json all = Json::object();
  for (const auto& [name, schema] : components_) all[name] = schema;
  return all;
}

}  // namespace wayleave::gateway
