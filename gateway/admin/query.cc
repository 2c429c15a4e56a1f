#include "gateway/admin/query.h"

#include <simdjson.h>

#include <algorithm>
#include <cctype>

#include "base/http/request.h"

namespace wayleave::gateway {
namespace {

constexpr std::size_t kMostBytes = 512;

Error Bad(std::string_view name, std::string_view what) {
  return {Code::kInvalidArgument, std::string(name) + " " + std::string(what), "invalid_request", {}};
}

bool IsEscape(std::string_view text) {
  return text.size() >= 3 && std::isxdigit(static_cast<unsigned char>(text[1])) &&
         std::isxdigit(static_cast<unsigned char>(text[2]));
}

bool HasStrayPercent(std::string_view text) {
  for (auto at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 1)) {
    if (!IsEscape(text.substr(at))) return true;
  }
  return false;
}

bool HasControls(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

Result<std::string> Decode(std::string_view name, std::string_view text) {
  if (HasStrayPercent(text)) return Bad(name, "has a % that begins no escape; write %25 for the character itself.");
  std::string value = http::PercentDecoded(text);
  if (HasControls(value)) return Bad(name, "must not hold control characters.");
  if (!simdjson::validate_utf8(value.data(), value.size())) return Bad(name, "must be UTF-8, percent-encoded.");
  if (value.size() > kMostBytes) return Bad(name, "must not be longer than 512 bytes.");
  return value;
}

Result<std::string> DecodeQueryPart(std::string_view name, std::string_view text) {
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  return Decode(name, spaced);
}

std::string_view TakePair(std::string_view& query) {
  const std::string_view pair = query.substr(0, query.find('&'));
  query.remove_prefix(std::min(query.size(), pair.size() + 1));
  return pair;
}

}  // namespace

Result<std::string> DecodePathSegment(std::string_view name, std::string_view text) {
  auto value = Decode(name, text);
  if (value && (*value == "." || *value == "..")) return Bad(name, "must not be . or .., which are parts of paths.");
  return value;
}

Result<std::vector<std::pair<std::string, std::string>>> ParseAdminQuery(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> pairs;
  while (!query.empty()) {
    const std::string_view pair = TakePair(query);
    if (pair.empty()) continue;
    auto name = DecodeQueryPart("A query parameter's name", pair.substr(0, pair.find('=')));
    if (!name) return name.error();
    const auto mark = pair.find('=');
    auto value = DecodeQueryPart(*name, mark == std::string_view::npos ? "" : pair.substr(mark + 1));
    if (!value) return value.error();
    const bool twice = std::any_of(pairs.begin(), pairs.end(), [&](const auto& other) { return other.first == *name; });
    if (twice) return Bad(*name, "stands twice in the query; give it once.");
    pairs.emplace_back(*std::move(name), *std::move(value));
  }
  return pairs;
}

}  // namespace wayleave::gateway
