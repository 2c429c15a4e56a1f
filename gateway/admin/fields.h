#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace wayleave::gateway {

// Fields of messages whose type is known at run time only, by their names. Messages name a field as `name` says and
// never repeat a value. Pure.

Error BadAdminField(std::string_view name, std::string_view what);

// The message that holds the last field of a path such as "of.since", made where it was absent, and that field. The
// path must exist: it comes from a table.
struct FieldPlace {
  google::protobuf::Message& message;
  const google::protobuf::FieldDescriptor& field;
};
FieldPlace PlaceOf(google::protobuf::Message& message, std::string_view path);

// Sets the field from what a query or a path says; lists are separated by commas. `name` is what messages call it.
Status SetFromText(const FieldPlace& place, std::string_view name, std::string_view text);

// Whether these are google.protobuf.Timestamp and Duration, which JSON knows as texts.
bool IsTime(const google::protobuf::Descriptor& type);
bool IsDuration(const google::protobuf::Descriptor& type);

// What is wrong with a text for a message that IsTime() or IsDuration(); empty if it was set.
Status SetTime(google::protobuf::Message& into, std::string_view name, const std::string& text);

// A whole decimal number, nothing around it.
std::optional<std::int64_t> ParseWhole(std::string_view text);

}  // namespace wayleave::gateway
