#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wayleave::deploy {

// One line as RFC 4180 has it, with its line break. A cell that a spreadsheet would take for a formula gets an
// apostrophe in front: it may hold what a stranger chose. Other control characters than tabs and line breaks become
// question marks. Pure.
std::string CsvLine(const std::vector<std::string>& cells);

}  // namespace wayleave::deploy
