#pragma once

#include <google/protobuf/message.h>

#include <span>
#include <string_view>

#include "base/result.h"

namespace wayleave::gateway {

// Fills `into` from a JSON object. Stricter than protobuf's own reader: names are snake_case as in the contract; an
// unknown one, a name that stands twice, NUL and more than 32 levels are errors; every error names the place by its
// path and never repeats a value. Whole numbers may also be texts of digits, as protobuf's JSON has them; null is as
// good as absent; times are RFC 3339, durations "3600s". With `members`, no others are taken; those of `required` must be
// there. Pure; a failure leaves `into` half filled.
Status ReadAdminJson(std::string_view text, google::protobuf::Message& into,
                     std::span<const std::string_view> members = {},
                     std::span<const std::string_view> required = {});

}  // namespace wayleave::gateway
