#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace wayleave::deploy {

// Text of others, fit for a terminal: what would control it becomes a question mark.
std::string Shown(std::string_view text);

// How many places it takes, as far as a character takes one; and the text cut to so many, with "…" at its end.
std::size_t Places(std::string_view text);
std::string FitTo(const std::string& text, std::size_t width);
// Cut or filled with spaces to so many places, which are before it if it stands on the right.
std::string Padded(const std::string& text, std::size_t width, bool right = false);

// A table for a terminal. Columns are as wide as they need; where all together pass 100 characters, those that may be
// cut are, the widest first, and a cut cell ends with "…". Not thread-safe.
class TextTable {
 public:
  static constexpr std::size_t kWidth = 100;

  struct Column {
    const char* heading;
    bool right = false;
    // Cut to no fewer characters than these; 0 for never.
    std::size_t least = 0;
  };

  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // A cell for each column.
  void Add(std::vector<std::string> cells);
  bool empty() const { return rows_.empty(); }
  // With the headings; lines end where their text does.
  std::string Text() const;

 private:
  std::vector<std::size_t> Widths() const;

  const std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace wayleave::deploy
