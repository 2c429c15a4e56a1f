#include "base/http/entity_tag.h"

namespace wayleave::http {
namespace {

void SkipSpaces(std::string_view& text) {
  const auto first = text.find_first_not_of(" \t,");
  text.remove_prefix(first == std::string_view::npos ? text.size() : first);
}

std::string_view WithoutWeakness(std::string_view tag) {
  if (tag.starts_with("W/")) tag.remove_prefix(2);
  return tag;
}

// Takes the first tag from the list; empty if what stands there is none, which ends the list.
std::string_view TakeTag(std::string_view& list) {
  SkipSpaces(list);
  const std::size_t open = list.starts_with("W/") ? 2 : 0;
  if (list.size() <= open || list[open] != '"') return {};
  const auto close = list.find('"', open + 1);
  if (close == std::string_view::npos) return {};
  const std::string_view tag = list.substr(0, close + 1);
  list.remove_prefix(close + 1);
  return tag;
}

}  // namespace

bool NamesEntityTag(std::string_view if_none_match, std::string_view etag) {
  if (if_none_match == "*") return true;
  for (;;) {
    const std::string_view tag = TakeTag(if_none_match);
    if (tag.empty()) return false;
    if (WithoutWeakness(tag) == WithoutWeakness(etag)) return true;
  }
}

}  // namespace wayleave::http
