#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace wayleave::deploy {

// The lines of a screen, cut to its size. Not thread-safe.
class TopLines {
 public:
  TopLines(std::size_t columns, std::size_t rows, bool colour) : columns_(columns), rows_(rows), colour_(colour) {}

  enum class Look { kPlain, kStrong, kQuiet, kBad, kHeading };

  // Text of others, too: what would control the terminal is taken out.
  void Add(const std::string& text, Look look = Look::kPlain);
  // How many lines there is still room for.
  std::size_t left() const { return rows_ - std::min(rows_, lines_); }

  struct Column {
    const char* heading;
    std::size_t width;  // 0: an equal part of what the others leave
    bool right = false;
  };
  // The headings and as many of the rows as fit into `most` lines, headings counted; with fewer than two lines,
  // nothing.
  void AddTable(const std::vector<Column>& columns, const std::vector<std::vector<std::string>>& rows,
                std::size_t most);

  std::size_t columns() const { return columns_; }
  const std::string& text() const { return text_; }

 private:
  std::vector<std::size_t> Widths(const std::vector<Column>& columns) const;

  const std::size_t columns_;
  const std::size_t rows_;
  const bool colour_;
  std::size_t lines_ = 0;
  std::string text_;
};

}  // namespace wayleave::deploy
