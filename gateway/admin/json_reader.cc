#include "gateway/admin/json_reader.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/http/request.h"
#include "gateway/admin/fields.h"

namespace wayleave::gateway {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using Json = nlohmann::json;

constexpr int kMostLevels = 32;
constexpr std::size_t kMostNameBytes = 80;

Error BadBody(std::string message) { return {Code::kInvalidArgument, std::move(message), "invalid_request", {}}; }

// A member's name for messages: clean, and not long.
std::string Shown(std::string_view name) {
  std::string shown = http::CleanValue(name.substr(0, kMostNameBytes));
  return name.size() > kMostNameBytes ? shown + "…" : shown;
}

std::string Below(const std::string& path, std::string_view name) {
  return path.empty() ? Shown(name) : path + "." + Shown(name);
}

// Looks on while the JSON is read, for what the document would not show any more.
class Watch {
 public:
  bool operator()(int depth, Json::parse_event_t event, Json& value) {
    if (!fault_.empty()) return false;
    if (depth > kMostLevels) fault_ = "The body is nested more than 32 levels deep.";
    if (event == Json::parse_event_t::object_start) names_.emplace_back();
    if (event == Json::parse_event_t::object_end && !names_.empty()) names_.pop_back();
    if (event == Json::parse_event_t::key && !names_.empty()) Note(value.get_ref<const std::string&>());
    return fault_.empty();
  }
  const std::string& fault() const { return fault_; }

 private:
  void Note(const std::string& name) {
    if (!names_.back().insert(name).second) fault_ = Shown(name) + " stands twice in one object.";
  }

  std::vector<std::set<std::string>> names_;
  std::string fault_;
};

Result<Json> Parse(std::string_view text) {
  if (text.empty()) return BadBody("The body is empty; send a JSON object.");
  Watch watch;
  Json body = Json::parse(text, std::ref(watch), false);
  if (!watch.fault().empty()) return BadBody(watch.fault());
  if (body.is_discarded()) return BadBody("The body is not valid JSON in UTF-8.");
  if (!body.is_object()) return BadBody("The body must be a JSON object.");
  return body;
}

// Where a value is put: a field, or one more element of a list.
struct Slot {
  Message& message;
  const FieldDescriptor& field;
  const std::string& path;

  const Reflection& of() const { return *message.GetReflection(); }
  Error Wrong(std::string_view wanted) const { return BadAdminField(path, wanted); }
};

Status ReadObject(const Json& value, Message& into, const std::string& path);

Status PutText(const Json& value, const Slot& slot) {
  if (!value.is_string()) return slot.Wrong("must be a text.");
  const std::string& text = value.get_ref<const std::string&>();
  if (text.find('\0') != std::string::npos) return slot.Wrong("must not hold a NUL character.");
  if (slot.field.is_repeated()) {
    slot.of().AddString(&slot.message, &slot.field, text);
  } else {
    slot.of().SetString(&slot.message, &slot.field, text);
  }
  return {};
}

Status PutFlag(const Json& value, const Slot& slot) {
  if (!value.is_boolean() || slot.field.is_repeated()) return slot.Wrong("must be true or false.");
  slot.of().SetBool(&slot.message, &slot.field, value.get<bool>());
  return {};
}

// A number that was written with a point or an exponent counts while it is exact.
std::optional<std::int64_t> WholeOf(const Json& value) {
  constexpr double kExact = 9007199254740992.0;  // 2^53
  if (value.is_string()) return ParseWhole(value.get_ref<const std::string&>());
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max()) return {};
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (!value.is_number_float()) return {};
  const double number = value.get<double>();
  if (std::abs(number) > kExact || number != std::floor(number)) return {};
  return static_cast<std::int64_t>(number);
}

Status PutWhole(const Json& value, const Slot& slot) {
  const bool small = slot.field.cpp_type() == FieldDescriptor::CPPTYPE_INT32;
  const auto number = WholeOf(value);
  const bool fits = number && (!small || (*number <= std::numeric_limits<std::int32_t>::max() &&
                                          *number >= std::numeric_limits<std::int32_t>::min()));
  if (!fits || slot.field.is_repeated())
    return slot.Wrong(small ? "must be a whole number of 32 bits." : "must be a whole number of 64 bits.");
  if (small) {
    slot.of().SetInt32(&slot.message, &slot.field, static_cast<std::int32_t>(*number));
  } else {
    slot.of().SetInt64(&slot.message, &slot.field, *number);
  }
  return {};
}

Status PutMessage(const Json& value, const Slot& slot) {
  Message& into = slot.field.is_repeated() ? *slot.of().AddMessage(&slot.message, &slot.field)
                                           : *slot.of().MutableMessage(&slot.message, &slot.field);
  const Descriptor& type = *into.GetDescriptor();
  if (!IsTime(type) && !IsDuration(type)) return ReadObject(value, into, slot.path);
  return SetTime(into, slot.path, value.is_string() ? value.get_ref<const std::string&>() : std::string());
}

Status Put(const Json& value, const Slot& slot) {
  switch (slot.field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      if (slot.field.type() == FieldDescriptor::TYPE_BYTES) break;
      return PutText(value, slot);
    case FieldDescriptor::CPPTYPE_BOOL:
      return PutFlag(value, slot);
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
      return PutWhole(value, slot);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return PutMessage(value, slot);
    default:
      break;
  }
  return slot.Wrong("can't be set by JSON.");
}

Status PutList(const Json& value, const Slot& list) {
  if (!value.is_array()) return list.Wrong("must be a list.");
  for (std::size_t i = 0; i < value.size(); ++i) {
    const std::string path = list.path + "[" + std::to_string(i) + "]";
    if (Status status = Put(value[i], Slot{list.message, list.field, path}); !status) return status;
  }
  return {};
}

Status PutMap(const Json& value, const Slot& map) {
  if (!value.is_object()) return map.Wrong("must be an object of names and texts.");
  for (const auto& [name, text] : value.items()) {
    const std::string path = Below(map.path, name);
    if (name.find('\0') != std::string::npos) return BadAdminField(path, "must not have a NUL character in its name.");
    Message& entry = *map.of().AddMessage(&map.message, &map.field);
    const Descriptor& type = *entry.GetDescriptor();
    entry.GetReflection()->SetString(&entry, type.map_key(), name);
    if (Status status = Put(text, Slot{entry, *type.map_value(), path}); !status) return status;
  }
  return {};
}

std::string KnownNames(const Descriptor& type) {
  std::string names;
  for (int i = 0; i < type.field_count(); ++i) names.append(i == 0 ? "" : ", ").append(type.field(i)->name());
  return names;
}

Status ReadObject(const Json& value, Message& into, const std::string& path) {
  if (!value.is_object()) return BadAdminField(path, "must be an object.");
  const Descriptor& type = *into.GetDescriptor();
  for (const auto& [name, member] : value.items()) {
    const std::string place = Below(path, name);
    const FieldDescriptor* field = type.FindFieldByName(name);
    if (!field) return BadAdminField(place, "is not known here; there are " + KnownNames(type) + ".");
    if (member.is_null()) continue;
    const Slot slot{into, *field, place};
    Status status = field->is_map() ? PutMap(member, slot)
                    : field->is_repeated() ? PutList(member, slot)
                                           : Put(member, slot);
    if (!status) return status;
  }
  return {};
}

std::string Joined(std::span<const std::string_view> names) {
  std::string text;
  for (const std::string_view name : names) text.append(text.empty() ? "" : ", ").append(name);
  return text;
}

Status CheckMembers(const Json& body, std::span<const std::string_view> members,
                    std::span<const std::string_view> required) {
  for (const auto& [name, value] : body.items()) {
    if (std::find(members.begin(), members.end(), name) == members.end())
      return BadAdminField(Shown(name), "is not known here; there is " + Joined(members) + ".");
  }
  for (const std::string_view name : required) {
    const auto found = body.find(name);
    if (found == body.end() || found->is_null()) return BadAdminField(name, "is missing.");
  }
  return {};
}

}  // namespace

Status ReadAdminJson(std::string_view text, Message& into, std::span<const std::string_view> members,
                     std::span<const std::string_view> required) {
  const auto body = Parse(text);
  if (!body) return body.error();
  if (!members.empty()) {
    if (Status status = CheckMembers(*body, members, required); !status) return status;
  }
  return ReadObject(*body, into, "");
}

}  // namespace wayleave::gateway
