#pragma once

#include <cstddef>
#include <string_view>

namespace wayleave::router {

// Names in rules and policies may hold "*", which stands for any characters, none included. Nothing else is
// special, and case matters. Matching takes time proportional to the text and the pattern, whatever they hold.
bool GlobMatches(std::string_view pattern, std::string_view text);

bool IsGlob(std::string_view pattern);

// How many characters stand before the first "*": the more, the more the pattern says.
std::size_t LiteralPrefix(std::string_view pattern);

}  // namespace wayleave::router
