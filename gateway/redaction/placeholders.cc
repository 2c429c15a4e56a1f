#include "gateway/redaction/placeholders.h"

#include <algorithm>
#include <cstring>

#include "gateway/redaction/chars.h"

namespace wayleave::gateway {
namespace {

// Larger ones are nobody's: no body has so many values.
constexpr std::size_t kMaxNumberDigits = 9;

std::size_t NextBracket(std::string_view body, std::size_t from) {
  const void* found = std::memchr(body.data() + from, '[', body.size() - from);
  return found ? static_cast<std::size_t>(static_cast<const char*>(found) - body.data()) : body.size();
}

// The number in what follows a label and its '_', or 0.
std::size_t NumberIn(std::string_view text) {
  const std::size_t digits = SkipAll(text.substr(0, kMaxNumberDigits + 1), 0, kDigit);
  return digits == 0 || digits > kMaxNumberDigits ? 0 : std::stoul(std::string(text.substr(0, digits)));
}

}  // namespace

Placeholders::Placeholders(std::vector<std::string> labels, std::string_view body, bool avoid) {
  for (std::string& label : labels) labels_.push_back({std::move(label), {}});
  if (!avoid || body.empty()) return;
  for (std::size_t at = NextBracket(body, 0); at < body.size(); at = NextBracket(body, at + 1)) {
    if (IsAt(body, at + 1, kUpper)) Avoid(body.substr(at + 1, kMaxLength));
  }
  for (Label& label : labels_) std::sort(label.taken.begin(), label.taken.end());
}

void Placeholders::Avoid(std::string_view text) {
  for (Label& label : labels_) {
    const std::size_t size = label.text.size();
    if (!text.starts_with(label.text) || text.substr(size, 1) != "_") continue;
    if (const std::size_t number = NumberIn(text.substr(size + 1))) label.taken.push_back(number);
  }
}

std::string Placeholders::Make(Label& label) {
  while (std::binary_search(label.taken.begin(), label.taken.end(), label.next)) ++label.next;
  return "[" + label.text + "_" + std::to_string(label.next++) + "]";
}

const std::string& Placeholders::For(Kind kind, std::string_view value) {
  const auto [made, is_new] = made_.try_emplace(std::string(value));
  if (is_new) {
    made->second = Make(labels_.at(static_cast<std::size_t>(kind)));
    values_.emplace(made->second, made->first);
  }
  return made->second;
}

const std::string* Placeholders::Find(std::string_view placeholder) const {
  const auto found = values_.find(placeholder);
  return found == values_.end() ? nullptr : &found->second;
}

bool Placeholders::Begins(std::string_view text) const {
  const auto found = values_.lower_bound(text);
  return found != values_.end() && found->first.starts_with(text);
}

}  // namespace wayleave::gateway
