#pragma once

#include <string>
#include <string_view>

namespace wayleave::provider {

// The Messages API takes only letters, digits, '_' and '-' in the ids of calls. An id that has others is written in
// hexadecimal digits, so that the true one comes back from a client's history.
std::string SafeCallId(std::string_view id);
std::string GivenCallId(std::string_view safe);

}  // namespace wayleave::provider
