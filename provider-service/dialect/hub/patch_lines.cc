#include "provider-service/dialect/hub/patch_lines.h"

#include <algorithm>
#include <cctype>

namespace wayleave::provider {
namespace {

struct Word {
  std::string_view lower;
  std::string_view mark;
};

constexpr Word kWithPath[] = {{"add file", kAddFile},
                              {"create file", kAddFile},
                              {"delete file", kDeleteFile},
                              {"update file", kUpdateFile},
                              {"move to", kMoveTo}};
constexpr Word kAlone[] = {{"begin patch", kBeginPatch}, {"end patch", kEndPatch}, {"end of file", kEndOfFile}};

bool StartsWithNoCase(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() && std::equal(lower.begin(), lower.end(), text.begin(), [](char a, char b) {
           return a == std::tolower(static_cast<unsigned char>(b));
         });
}

// What stands behind at least two stars.
std::string_view BehindStars(std::string_view line) {
  const std::size_t stars = std::min(line.find_first_not_of('*'), line.size());
  return stars < 2 ? std::string_view() : Trimmed(line.substr(stars));
}

}  // namespace

std::string_view Trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n\f\v");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n\f\v") - first + 1);
}

PatchLines LinesOf(std::string_view text) {
  PatchLines lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.emplace_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string Joined(const PatchLines& lines) {
  std::string text;
  for (const std::string& line : lines) text.append(line).append("\n");
  return text;
}

std::optional<std::string> Mark(std::string_view line) {
  std::string_view words = BehindStars(Trimmed(line));
  for (const Word& word : kWithPath) {
    if (!StartsWithNoCase(words, word.lower)) continue;
    std::string_view path = words.substr(word.lower.size());
    if (!path.starts_with(':') && !path.starts_with(' ')) continue;
    path = Trimmed(path.substr(1));
    if (path.starts_with(':')) path = Trimmed(path.substr(1));
    if (!path.empty()) return std::string(word.mark).append(path);
  }
  while (words.ends_with('*') || words.ends_with(':')) words.remove_suffix(1);
  words = Trimmed(words);
  for (const Word& word : kAlone) {
    if (words.size() == word.lower.size() && StartsWithNoCase(words, word.lower)) return std::string(word.mark);
  }
  return std::nullopt;
}

bool IsFileMark(std::string_view line) {
  return IsMark(line, kAddFile) || IsMark(line, kDeleteFile) || IsMark(line, kUpdateFile);
}

}  // namespace wayleave::provider
