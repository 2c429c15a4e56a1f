#include "deploy/text_table.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace wayleave::deploy {
namespace {

constexpr std::string_view kCut = "…";

bool Continues(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

}  // namespace

std::size_t Places(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !Continues(c); }));
}

std::string FitTo(const std::string& text, std::size_t width) {
  if (Places(text) <= width) return text;
  if (width == 0) return {};
  std::size_t end = 0;
  for (std::size_t left = width; end < text.size(); ++end) {
    if (!Continues(text[end]) && left-- == 1) break;
  }
  return text.substr(0, end) + std::string(kCut);
}

std::string Padded(const std::string& text, std::size_t width, bool right) {
  const std::string fit = FitTo(text, width);
  const std::string space(width - std::min(width, Places(fit)), ' ');
  return right ? space + fit : fit + space;
}

std::string Shown(std::string_view text) {
  std::string shown;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool second_set = c == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if (c < 0x20 || c == 0x7f || second_set) {
      shown += '?';
      i += second_set ? 1 : 0;
    } else {
      shown += text[i];
    }
  }
  return shown;
}

void TextTable::Add(std::vector<std::string> cells) {
  for (std::string& cell : cells) cell = Shown(cell);
  rows_.push_back(std::move(cells));
}

std::vector<std::size_t> TextTable::Widths() const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t width = Places(columns_[i].heading);
    for (const auto& row : rows_) width = std::max(width, Places(row[i]));
    widths.push_back(width);
  }
  const std::size_t spaces = columns_.size() - 1;
  std::size_t all = std::accumulate(widths.begin(), widths.end(), spaces);
  for (; all > kWidth; --all) {
    std::size_t widest = columns_.size();
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const bool may = columns_[i].least > 0 && widths[i] > std::max(columns_[i].least, Places(columns_[i].heading));
      if (may && (widest == columns_.size() || widths[i] > widths[widest])) widest = i;
    }
    if (widest == columns_.size()) break;
    --widths[widest];
  }
  return widths;
}

std::string TextTable::Text() const {
  const std::vector<std::size_t> widths = Widths();
  std::string text;
  const auto add = [&](const auto& cell_of) {
    std::string line;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) line += ' ';
      line += Padded(cell_of(i), widths[i], columns_[i].right);
    }
    while (line.ends_with(' ')) line.pop_back();
    text += line + '\n';
  };
  add([&](std::size_t i) { return std::string(columns_[i].heading); });
  for (const auto& row : rows_) add([&](std::size_t i) { return row[i]; });
  return text;
}

}  // namespace wayleave::deploy
