#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace wayleave::gateway {

// The codes of errors that metrics tell apart: ours, and those that provider-service makes of what providers say. All
// functions are pure.
std::span<const char* const> ErrorLabels();

// The place of a code in that list; its size for any other. Without a code the status stands for the most common one.
std::size_t ErrorLabelOf(std::string_view code, int status);

}  // namespace wayleave::gateway
