#include "gateway/admin/fields.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <charconv>
#include <limits>

namespace wayleave::gateway {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::Duration;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Timestamp;
using google::protobuf::util::TimeUtil;

Status AddTexts(const FieldPlace& place, std::string_view name, std::string_view text) {
  const google::protobuf::Reflection& of = *place.message.GetReflection();
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view one = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), one.size() + 1));
    if (one.empty()) return BadAdminField(name, "must be words with one comma between them.");
    of.AddString(&place.message, &place.field, std::string(one));
  }
  return {};
}

Status SetInt32(const FieldPlace& place, std::string_view name, std::string_view text) {
  const auto number = ParseWhole(text);
  if (!number || *number > std::numeric_limits<std::int32_t>::max() ||
      *number < std::numeric_limits<std::int32_t>::min()) {
    return BadAdminField(name, "must be a whole number of 32 bits.");
  }
  place.message.GetReflection()->SetInt32(&place.message, &place.field, static_cast<std::int32_t>(*number));
  return {};
}

Status SetInt64(const FieldPlace& place, std::string_view name, std::string_view text) {
  const auto number = ParseWhole(text);
  if (!number) return BadAdminField(name, "must be a whole number of 64 bits.");
  place.message.GetReflection()->SetInt64(&place.message, &place.field, *number);
  return {};
}

// In a query "+" means a space, and people forget that in the offset of a time.
std::string WithPlus(std::string_view text) {
  std::string plus(text);
  std::replace(plus.begin(), plus.end(), ' ', '+');
  return plus;
}

}  // namespace

Error BadAdminField(std::string_view name, std::string_view what) {
  return {Code::kInvalidArgument, std::string(name) + " " + std::string(what), "invalid_request", {}};
}

FieldPlace PlaceOf(Message& message, std::string_view path) {
  Message* holder = &message;
  for (auto dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.')) {
    const FieldDescriptor* field = holder->GetDescriptor()->FindFieldByName(std::string(path.substr(0, dot)));
    holder = holder->GetReflection()->MutableMessage(holder, field);
    path.remove_prefix(dot + 1);
  }
  return {*holder, *holder->GetDescriptor()->FindFieldByName(std::string(path))};
}

Status SetFromText(const FieldPlace& place, std::string_view name, std::string_view text) {
  const google::protobuf::Reflection& of = *place.message.GetReflection();
  switch (place.field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      if (place.field.is_repeated()) return AddTexts(place, name, text);
      of.SetString(&place.message, &place.field, std::string(text));
      return {};
    case FieldDescriptor::CPPTYPE_INT32:
      return SetInt32(place, name, text);
    case FieldDescriptor::CPPTYPE_INT64:
      return SetInt64(place, name, text);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return SetTime(*of.MutableMessage(&place.message, &place.field), name, WithPlus(text));
    default:
      return Error{Code::kUnimplemented, std::string(name) + " can't be set by a text.", {}, {}};
  }
}

bool IsTime(const Descriptor& type) { return &type == Timestamp::descriptor(); }

bool IsDuration(const Descriptor& type) { return &type == Duration::descriptor(); }

Status SetTime(Message& into, std::string_view name, const std::string& text) {
  const bool whole = text.find('\0') == std::string::npos;  // protobuf's readers end there
  if (IsTime(*into.GetDescriptor())) {
    Timestamp time;
    if (!whole || !TimeUtil::FromString(text, &time))
      return BadAdminField(name, "must be a time with its offset, for example \"2026-01-31T00:00:00Z\".");
    into.CopyFrom(time);
    return {};
  }
  Duration duration;
  if (!whole || !TimeUtil::FromString(text, &duration))
    return BadAdminField(name, "must be a duration in seconds, for example \"3600s\".");
  into.CopyFrom(duration);
  return {};
}

std::optional<std::int64_t> ParseWhole(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return number;
}

}  // namespace wayleave::gateway
