#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace wayleave::provider {

// A summary of a conversation as a `compaction` item carries it. The item's content is opaque to clients, who send it
// back in every request: so nothing need be stored here.
std::string SealSummary(std::string_view text);

// What it begins with.
inline constexpr std::string_view kSummaryMark = "gwc1:";

// The text; nothing if the item was not made by SealSummary.
std::optional<std::string> OpenSummary(std::string_view sealed);

}  // namespace wayleave::provider
