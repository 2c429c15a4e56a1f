#pragma once

#include <string>
#include <string_view>

namespace wayleave::provider {

// The patch with everything mended that can be meant in one way only: what it is wrapped in (JSON, escapes, fences,
// here documents, words before and behind), marks that are misspelled or missing at the ends, signs that are missing at
// the beginning of lines. What is left may still be broken.
std::string RepairedPatch(std::string_view text);

}  // namespace wayleave::provider
