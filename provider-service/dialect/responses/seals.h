#pragma once

#include <string_view>

namespace wayleave::provider {

// Whose an item is that carries something opaque: a client sends all of them back to whatever server comes next.

// What the ids of reasoning that we write begin with, before the underscore: the API's own are told apart by that.
// Clients drop ids that don't begin as the API's do.
inline constexpr std::string_view kReasoningIdPrefix = "rs_wl";

// Marks of other dialects have a colon; what OpenAI seals is of base64's letters.
inline bool SealedByServer(std::string_view sealed) {
  return !sealed.empty() && sealed.find(':') == std::string_view::npos;
}

}  // namespace wayleave::provider
