#include "gateway/admin/json_writer.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/util/time_util.h>

#include <map>
#include <string>

#include "base/crypto/encoding.h"
#include "gateway/admin/fields.h"

namespace wayleave::gateway {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::util::TimeUtil;
using Json = nlohmann::ordered_json;

// One value of a message: a field's, or the element `index` of a list.
struct Value {
  const Message& message;
  const FieldDescriptor& field;
  int index = -1;

  // Reads with the getter for fields or the one for elements.
  template <class T>
  T Get(T (Reflection::*single)(const Message&, const FieldDescriptor*) const,
        T (Reflection::*element)(const Message&, const FieldDescriptor*, int) const) const {
    const Reflection& of = *message.GetReflection();
    return index < 0 ? (of.*single)(message, &field) : (of.*element)(message, &field, index);
  }
};

Json TextOf(const Value& value) {
  const std::string text = value.Get(&Reflection::GetString, &Reflection::GetRepeatedString);
  return value.field.type() == FieldDescriptor::TYPE_BYTES ? crypto::Base64(text) : text;
}

Json EnumOf(const Value& value) {
  const int number = value.Get(&Reflection::GetEnumValue, &Reflection::GetRepeatedEnumValue);
  const EnumValueDescriptor* known = value.field.enum_type()->FindValueByNumber(number);
  return known ? Json(known->name()) : Json(number);
}

Json MessageOf(const Value& value) {
  const Reflection& of = *value.message.GetReflection();
  return WriteAdminJson(value.index < 0 ? of.GetMessage(value.message, &value.field)
                                        : of.GetRepeatedMessage(value.message, &value.field, value.index));
}

Json JsonOf(const Value& value) {
  switch (value.field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return TextOf(value);
    case FieldDescriptor::CPPTYPE_BOOL:
      return value.Get(&Reflection::GetBool, &Reflection::GetRepeatedBool);
    case FieldDescriptor::CPPTYPE_INT32:
      return value.Get(&Reflection::GetInt32, &Reflection::GetRepeatedInt32);
    case FieldDescriptor::CPPTYPE_INT64:
      return value.Get(&Reflection::GetInt64, &Reflection::GetRepeatedInt64);
    case FieldDescriptor::CPPTYPE_UINT32:
      return value.Get(&Reflection::GetUInt32, &Reflection::GetRepeatedUInt32);
    case FieldDescriptor::CPPTYPE_UINT64:
      return value.Get(&Reflection::GetUInt64, &Reflection::GetRepeatedUInt64);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return value.Get(&Reflection::GetDouble, &Reflection::GetRepeatedDouble);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return value.Get(&Reflection::GetFloat, &Reflection::GetRepeatedFloat);
    case FieldDescriptor::CPPTYPE_ENUM:
      return EnumOf(value);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return MessageOf(value);
  }
  return nullptr;
}

// Protobuf keeps no order in maps; ours is that of the names.
Json MapOf(const Message& message, const FieldDescriptor& field) {
  std::map<std::string, Json> sorted;
  const Reflection& of = *message.GetReflection();
  for (int i = 0; i < of.FieldSize(message, &field); ++i) {
    const Message& entry = of.GetRepeatedMessage(message, &field, i);
    const std::string name = entry.GetReflection()->GetString(entry, field.message_type()->map_key());
    sorted[name] = JsonOf({entry, *field.message_type()->map_value()});
  }
  Json object = Json::object();
  for (auto& [name, value] : sorted) object[name] = std::move(value);
  return object;
}

Json ListOf(const Message& message, const FieldDescriptor& field) {
  Json list = Json::array();
  const int size = message.GetReflection()->FieldSize(message, &field);
  for (int i = 0; i < size; ++i) list.push_back(JsonOf({message, field, i}));
  return list;
}

Json ObjectOf(const Message& message) {
  Json object = Json::object();
  const Descriptor& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (field.has_presence() && !message.GetReflection()->HasField(message, &field)) continue;
    object[field.name()] = field.is_map()        ? MapOf(message, field)
                           : field.is_repeated() ? ListOf(message, field)
                                                 : JsonOf({message, field});
  }
  return object;
}

}  // namespace

Json WriteAdminJson(const Message& message) {
  const Descriptor& type = *message.GetDescriptor();
  if (IsTime(type)) return TimeUtil::ToString(static_cast<const google::protobuf::Timestamp&>(message));
  if (IsDuration(type)) return TimeUtil::ToString(static_cast<const google::protobuf::Duration&>(message));
  return ObjectOf(message);
}

}  // namespace wayleave::gateway
