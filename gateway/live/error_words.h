#pragma once

#include <string>
#include <string_view>

namespace wayleave::gateway {

// An error's code as it may be shown and counted: what is not a word of a-z, 0-9 and _ of at most 64 characters, as a
// provider may send it, is "other"; none is named by the status. Pure.
std::string ShownCode(std::string_view code, int status);

// What the code means and what the operator can do, in words of ours alone: nothing of a request or a provider is in
// them. Pure.
std::string_view WordsFor(std::string_view code, int status);

}  // namespace wayleave::gateway
