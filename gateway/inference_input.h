#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "base/result.h"
#include "wayleave/inference/v1/inference.pb.h"

namespace wayleave::gateway {

// Members sorted by name: the messages keep their maps in no order.
using Json = nlohmann::json;

// A refusal of one field of a request.
Error BadField(const std::string& field, const std::string& problem);

// `messages` as items of a Responses request's `input`, appended to it in order. Pure.
Status AppendInput(const inference::v1::GenerateRequest& request, Json& input);

// A structure as JSON. False if it is nested deeper than anything sensible. Pure.
bool StructToJson(const google::protobuf::Struct& from, Json& to);

}  // namespace wayleave::gateway
