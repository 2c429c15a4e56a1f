#include "deploy/csv.h"

#include <algorithm>

namespace wayleave::deploy {
namespace {

constexpr std::string_view kFormula = "=+-@\t\r";
constexpr std::string_view kKept = "\t\r\n";

bool Controls(char c) {
  return (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) && kKept.find(c) == std::string_view::npos;
}

std::string CellOf(std::string cell) {
  std::replace_if(cell.begin(), cell.end(), Controls, '?');
  if (!cell.empty() && kFormula.find(cell.front()) != std::string_view::npos) cell.insert(cell.begin(), '\'');
  if (cell.find_first_of("\",\r\n") == std::string::npos) return cell;
  std::string quoted = "\"";
  for (const char c : cell) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + "\"";
}

}  // namespace

std::string CsvLine(const std::vector<std::string>& cells) {
  std::string line;
  for (const std::string& cell : cells) {
    if (&cell != &cells.front()) line += ',';
    line += CellOf(cell);
  }
  return line + "\r\n";
}

}  // namespace wayleave::deploy
