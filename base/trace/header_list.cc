#include "base/trace/header_list.h"

#include <algorithm>
#include <cctype>

namespace wayleave::trace {
namespace {

Error Bad(const char* problem) { return Error{Code::kInvalidArgument, problem, {}, {}}; }

std::string_view Trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

int Digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// What is no escape stays as it is.
std::string Decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size() && Digit(text[i + 1]) >= 0 && Digit(text[i + 2]) >= 0;
    decoded += escape ? static_cast<char>(Digit(text[i + 1]) << 4 | Digit(text[i + 2])) : text[i];
    if (escape) i += 2;
  }
  return decoded;
}

}  // namespace

bool IsHeaderName(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) || std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

bool IsHeaderValue(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; });
}

Result<std::vector<std::pair<std::string, config::Secret>>> ParseHeaderList(std::string_view text) {
  std::vector<std::pair<std::string, config::Secret>> headers;
  while (!text.empty()) {
    const auto end = std::min(text.find(','), text.size());
    const std::string_view pair = Trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    if (equals == pair.npos) return Bad("must be name=value, and more of these after commas");
    const std::string_view name = Trimmed(pair.substr(0, equals));
    std::string value = Decoded(Trimmed(pair.substr(equals + 1)));
    if (!IsHeaderName(name)) return Bad("has a name that no header can have: use letters, digits and dashes");
    if (!IsHeaderValue(value)) return Bad("has a value with a line end or another control character");
    headers.emplace_back(name, config::Secret(std::move(value)));
  }
  return headers;
}

}  // namespace wayleave::trace
