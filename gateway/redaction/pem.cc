#include "gateway/redaction/pem.h"

#include "gateway/redaction/chars.h"

namespace wayleave::gateway {
namespace {

constexpr std::string_view kDashes = "-----";
constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kEnd = "-----END ";
constexpr std::size_t kMaxLabel = 64;

// Where the line "-----WORD …PRIVATE KEY-----" that begins at `at` ends; 0 if it is another.
std::size_t PrivateKeyLine(std::string_view text, std::size_t at, std::string_view word) {
  if (!text.substr(at).starts_with(word)) return 0;
  const std::size_t label = at + word.size();
  std::size_t end = label;
  while (end < text.size() && end - label < kMaxLabel && (Is(text[end], kAlnum) || text[end] == ' ')) ++end;
  const std::string_view name = text.substr(label, end - label);
  const bool is_private = name.ends_with("PRIVATE KEY") || name.ends_with("PRIVATE KEY BLOCK");
  return is_private && text.substr(end).starts_with(kDashes) ? end + kDashes.size() : 0;
}

// Base64, line ends that are escaped or not, and the headers of an encrypted key.
bool IsInside(char c) { return Is(c, kBase64 | kBlank) || detail::In("\r\n\\:,.()\"'`", c); }

// Blanks and line ends, also as "\n" in two characters.
std::size_t SkipLineEnds(std::string_view text, std::size_t at) {
  for (;;) {
    if (at < text.size() && (Is(text[at], kBlank) || text[at] == '\r' || text[at] == '\n')) {
      ++at;
    } else if (text.substr(at, 1) == "\\" && at + 1 < text.size() && detail::In("nr\\", text[at + 1])) {
      at += 2;
    } else {
      return at;
    }
  }
}

// Where a key ends that breaks off: behind its last line. Words of a sentence are no lines, for they are short; only
// behind a full line a short one may be the last.
std::size_t LastLine(std::string_view text, std::size_t begin, std::size_t limit) {
  constexpr std::size_t kLine = 20, kFullLine = 60;
  text = text.substr(0, limit);
  std::size_t end = begin;
  for (std::size_t last = kLine; last >= kLine;) {
    const std::size_t line = SkipLineEnds(text, end), line_end = SkipAll(text, line, kBase64);
    const std::size_t length = line_end - line;
    if (length >= kLine || (length > 0 && last >= kFullLine)) end = line_end;
    last = length;
  }
  return end;
}

}  // namespace

std::optional<Match> PrivateKeyAt(std::string_view text, std::size_t at) {
  constexpr std::size_t kBefore = kDashes.size() - 1;
  if (at < kBefore) return std::nullopt;
  const std::size_t begin = at - kBefore;
  const std::size_t head = PrivateKeyLine(text, begin, kBegin);
  if (head == 0) return std::nullopt;
  std::size_t end = head;
  while (end < text.size() && !text.substr(end).starts_with(kDashes) && (IsInside(text[end]) || text[end] == '-'))
    ++end;
  const std::size_t foot = PrivateKeyLine(text, end, kEnd);
  if (foot != 0) return Match{begin, foot - begin, Kind::kSecret};
  end = LastLine(text, head, end);
  return end == head ? std::nullopt : std::optional(Match{begin, end - begin, Kind::kSecret});
}

}  // namespace wayleave::gateway
