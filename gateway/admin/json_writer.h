#pragma once

#include <google/protobuf/message.h>

#include <nlohmann/json.hpp>

namespace wayleave::gateway {

// A message as the administration API's JSON: snake_case names in the contract's order; every field that can't be
// absent is there, also when it is 0 or empty; whole numbers are JSON numbers, those of 64 bits, too; times are RFC
// 3339, durations "3600s", enums their names, bytes base64. Pure.
nlohmann::ordered_json WriteAdminJson(const google::protobuf::Message& message);

}  // namespace wayleave::gateway
