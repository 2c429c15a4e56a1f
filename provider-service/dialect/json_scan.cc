#include "provider-service/dialect/json_scan.h"

namespace wayleave::provider {
namespace {

void SkipBlanks(std::string_view& text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  text.remove_prefix(first == std::string_view::npos ? text.size() : first);
}

bool IsEscaped(std::string_view text, std::size_t at) {
  std::size_t begin = at;
  while (begin > 0 && text[begin - 1] == '\\') --begin;
  return (at - begin) % 2 == 1;
}

}  // namespace

// Takes the next string off the rest.
bool JsonScan::String(std::string_view& text) {
  const std::size_t open = rest_.find('"');
  if (open == std::string_view::npos) return false;
  rest_.remove_prefix(open + 1);
  std::size_t close = rest_.find('"');
  while (close != std::string_view::npos && IsEscaped(rest_, close)) close = rest_.find('"', close + 1);
  if (close == std::string_view::npos) return false;
  text = rest_.substr(0, close);
  rest_.remove_prefix(close + 1);
  return true;
}

bool JsonScan::Next(Member& member) {
  do {
    if (!String(member.key)) return false;
    SkipBlanks(rest_);
  } while (!rest_.starts_with(':'));
  rest_.remove_prefix(1);
  SkipBlanks(rest_);
  member.is_string = rest_.starts_with('"');
  member.value = rest_;
  return !member.is_string || String(member.value);
}

}  // namespace wayleave::provider
