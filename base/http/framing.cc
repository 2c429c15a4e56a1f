#include "base/http/framing.h"

#include <algorithm>
#include <charconv>

namespace wayleave::http {
namespace {

Refusal Bad(std::string message) { return {400, std::move(message)}; }

bool IsChunked(std::string_view value) {
  constexpr std::string_view kChunked = "chunked";
  return value.size() == kChunked.size() && std::equal(value.begin(), value.end(), kChunked.begin(),
                                                       [](char a, char b) { return (a | 0x20) == b; });
}

bool ParseLength(std::string_view text, std::uint64_t& length) {
  if (text.empty() || text.size() > 18) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  return error == std::errc() && end == text.data() + text.size() && text[0] != '+' && text[0] != '-';
}

bool LineIsAmbiguous(std::string_view line) {
  if (line.empty() || line.back() != '\r') return true;
  if (line.size() == 1) return false;
  if (line.front() == ' ' || line.front() == '\t') return true;
  if (std::any_of(line.begin(), line.end() - 1, [](char c) { return c == '\r' || c == '\0'; })) return true;
  const auto colon = line.find(':');
  return colon == std::string_view::npos || colon == 0 || line[colon - 1] == ' ' || line[colon - 1] == '\t';
}

}  // namespace

std::optional<Refusal> CheckFraming(const HeaderList& headers, bool http11, Framing& framing) {
  const auto hosts = headers.Count("host");
  if (hosts > 1 || (http11 && hosts == 0)) return Bad("A request needs exactly one Host header.");

  const auto lengths = headers.Count("content-length");
  const auto encodings = headers.Count("transfer-encoding");
  if (encodings != 0 && lengths != 0) return Bad("A request must not have both Content-Length and Transfer-Encoding.");
  if (lengths > 1) return Bad("A request must not have several Content-Length headers.");
  if (encodings > 1) return Bad("A request must not have several Transfer-Encoding headers.");
  if (encodings == 1) {
    if (!http11) return Bad("HTTP/1.0 has no Transfer-Encoding.");
    if (!IsChunked(headers.Get("transfer-encoding"))) return Refusal{501, "The only Transfer-Encoding is chunked."};
    framing.chunked = true;
  } else if (lengths == 1 && !ParseLength(headers.Get("content-length"), framing.length)) {
    return Bad("The Content-Length is not a number.");
  }
  return std::nullopt;
}

bool HasAmbiguousLines(std::string_view header_block) {
  auto end = header_block.find('\n');
  if (end == std::string_view::npos || end == 0 || header_block[end - 1] != '\r') return true;  // the request line
  for (header_block.remove_prefix(end + 1); !header_block.empty(); header_block.remove_prefix(end + 1)) {
    end = header_block.find('\n');
    if (end == std::string_view::npos) return true;
    if (LineIsAmbiguous(header_block.substr(0, end))) return true;
  }
  return false;
}

}  // namespace wayleave::http
