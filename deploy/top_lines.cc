#include "deploy/top_lines.h"

#include "deploy/text_table.h"

namespace wayleave::deploy {
namespace {

constexpr char kEnd[] = "\x1b[0m";

const char* BeginOf(TopLines::Look look) {
  switch (look) {
    case TopLines::Look::kStrong:
      return "\x1b[1m";
    case TopLines::Look::kQuiet:
      return "\x1b[2m";
    case TopLines::Look::kBad:
      return "\x1b[1;31m";
    case TopLines::Look::kHeading:
      return "\x1b[7m";
    default:
      return "";
  }
}

std::string LineOf(const std::vector<TopLines::Column>& columns, const std::vector<std::size_t>& widths, auto cell_of) {
  std::string line;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (i > 0) line += ' ';
    line += Padded(Shown(cell_of(i)), widths[i], columns[i].right);
  }
  return line;
}

}  // namespace

void TopLines::Add(const std::string& text, Look look) {
  if (left() == 0) return;
  ++lines_;
  std::string line = FitTo(Shown(text), columns_);
  const bool bare = !colour_ || look == Look::kPlain;
  if (colour_ && look == Look::kHeading) line = Padded(line, columns_);
  if (!colour_ || look != Look::kHeading) line.erase(line.find_last_not_of(' ') + 1);
  text_ += bare ? line : BeginOf(look) + line + kEnd;
  text_ += '\n';
}

std::vector<std::size_t> TopLines::Widths(const std::vector<Column>& columns) const {
  std::size_t used = columns.size() - 1;
  std::size_t flexible = 0;
  for (const Column& column : columns) {
    used += column.width;
    flexible += column.width == 0 ? 1 : 0;
  }
  const std::size_t rest = columns_ - std::min(columns_, used);
  std::vector<std::size_t> widths;
  for (const Column& column : columns) widths.push_back(column.width > 0 ? column.width : rest / flexible);
  return widths;
}

void TopLines::AddTable(const std::vector<Column>& columns, const std::vector<std::vector<std::string>>& rows,
                        std::size_t most) {
  most = std::min(most, left());
  if (most < 2) return;
  const std::vector<std::size_t> widths = Widths(columns);
  Add(LineOf(columns, widths, [&](std::size_t i) { return std::string(columns[i].heading); }), Look::kHeading);
  for (std::size_t row = 0; row < std::min(rows.size(), most - 1); ++row) {
    Add(LineOf(columns, widths, [&](std::size_t i) { return rows[row][i]; }));
  }
}

}  // namespace wayleave::deploy
