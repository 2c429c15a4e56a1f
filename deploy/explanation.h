#pragma once

#include <string>

#include "wayleave/router/v1/router.pb.h"

namespace wayleave::deploy {

// A decision and how it came about, in words for a terminal. Pure.
std::string InWords(const router::v1::ExplainResponse& explanation);

// A message of ours as JSON, with the names of the contract.
std::string AsJson(const google::protobuf::Message& message);

}  // namespace wayleave::deploy
