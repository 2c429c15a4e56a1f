#include "router-service/glob.h"

#include <cstring>

namespace wayleave::router {

bool GlobMatches(std::string_view pattern, std::string_view text) {
  const std::size_t first = pattern.find('*');
  if (first == std::string_view::npos) return pattern == text;
  const std::size_t last = pattern.rfind('*');
  const std::string_view head = pattern.substr(0, first), tail = pattern.substr(last + 1);
  if (text.size() < head.size() + tail.size() || !text.starts_with(head) || !text.ends_with(tail)) return false;
  text = text.substr(head.size(), text.size() - head.size() - tail.size());
  // Each piece between two stars is taken where it first occurs: that leaves most for the pieces behind it.
  for (std::size_t at = first; at < last;) {
    const std::size_t next = pattern.find('*', at + 1);
    const std::string_view piece = pattern.substr(at + 1, next - at - 1);
    at = next;
    if (piece.empty()) continue;
    const void* found = memmem(text.data(), text.size(), piece.data(), piece.size());
    if (!found) return false;
    text.remove_prefix(static_cast<const char*>(found) - text.data() + piece.size());
  }
  return true;
}

bool IsGlob(std::string_view pattern) { return pattern.find('*') != std::string_view::npos; }

std::size_t LiteralPrefix(std::string_view pattern) {
  const std::size_t star = pattern.find('*');
  return star == std::string_view::npos ? pattern.size() : star;
}

}  // namespace wayleave::router
