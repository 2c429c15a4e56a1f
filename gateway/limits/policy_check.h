#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "wayleave/auth/v1/auth.pb.h"

namespace wayleave::gateway {

// Whether a principal may use this front door from this address, as all layers of its policy say; models, providers and
// regions are the router's to judge. The error says what is allowed. Pure.
Status CheckPolicy(const auth::v1::Policy& policy, std::string_view endpoint, const std::string& address);

}  // namespace wayleave::gateway
