#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wayleave::provider {

// The words of the patch language, and how they are found where they are misspelled.

inline constexpr std::string_view kBeginPatch = "*** Begin Patch";
inline constexpr std::string_view kEndPatch = "*** End Patch";
inline constexpr std::string_view kAddFile = "*** Add File: ";
inline constexpr std::string_view kDeleteFile = "*** Delete File: ";
inline constexpr std::string_view kUpdateFile = "*** Update File: ";
inline constexpr std::string_view kMoveTo = "*** Move to: ";
inline constexpr std::string_view kEndOfFile = "*** End of File";

using PatchLines = std::vector<std::string>;

std::string_view Trimmed(std::string_view text);
// Without line ends, whichever they are.
PatchLines LinesOf(std::string_view text);
std::string Joined(const PatchLines& lines);

// The line as it should be written, if it is one of the marks above in some spelling: other case, blanks or stars, no
// colon. Nothing if it is not.
std::optional<std::string> Mark(std::string_view line);
inline bool IsMark(std::string_view line, std::string_view which) {
  const auto mark = Mark(line);
  return mark && mark->starts_with(which);
}
// One of those that a file's part begins with.
bool IsFileMark(std::string_view line);

}  // namespace wayleave::provider
