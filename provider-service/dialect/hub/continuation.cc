#include "provider-service/dialect/hub/continuation.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace wayleave::provider {
namespace {

// In bytes: 200 characters of most texts. Beyond it only a repetition of everything is looked for.
constexpr std::size_t kLongest = 400;
constexpr std::size_t kCertain = 8;
constexpr std::size_t kDistinct = 4;
constexpr std::size_t kShortestWord = 3;

bool IsLetter(char c) { return std::isalpha(static_cast<unsigned char>(c)); }
bool IsBlank(char c) { return std::isspace(static_cast<unsigned char>(c)); }

bool AllLetters(std::string_view text) { return std::all_of(text.begin(), text.end(), IsLetter); }

// Blanks, rulers and indents repeat themselves by nature.
bool IsVaried(std::string_view text) {
  std::array<bool, 256> seen{};
  std::size_t distinct = 0;
  for (const char c : text) {
    if (!IsBlank(c) && !std::exchange(seen[static_cast<unsigned char>(c)], true)) ++distinct;
  }
  return distinct >= kDistinct;
}

std::string_view WithoutLeadingBlanks(std::string_view text) {
  const auto first = std::find_if_not(text.begin(), text.end(), IsBlank);
  return text.substr(static_cast<std::size_t>(first - text.begin()));
}

}  // namespace

std::string Continuation::Add(std::string_view text) {
  if (settled_) return std::string(text);
  held_ += text;
  const std::string_view bare = WithoutLeadingBlanks(held_);
  if (MayGrow(held_) || bare.empty() || MayGrow(bare)) return {};
  return Settle(false);
}

std::string Continuation::Flush() {
  if (settled_) return {};
  return Settle(true);
}

// Whether all of the text is the beginning of a longer repetition.
bool Continuation::MayGrow(std::string_view text) const {
  if (text.size() < said_.size() && std::string_view(said_).starts_with(text)) return true;
  const std::size_t longest = std::min(kLongest, said_.size());
  for (std::size_t length = text.size() + 1; length <= longest; ++length) {
    if (std::string_view(said_).substr(said_.size() - length).starts_with(text)) return true;
  }
  return false;
}

// How much of the text's beginning the client has.
std::size_t Continuation::Overlap(std::string_view text) const {
  const std::string_view said = said_;
  if (text.starts_with(said) && Counts(said.size(), text)) return said.size();
  for (std::size_t length = std::min({kLongest, said.size(), text.size()}); length > 0; --length) {
    if (text.starts_with(said.substr(said.size() - length)) && Counts(length, text)) return length;
  }
  return 0;
}

bool Continuation::Counts(std::size_t length, std::string_view text) const {
  const std::string_view repeated = text.substr(0, length);
  if (length >= kCertain && IsVaried(repeated)) return true;
  const std::size_t before = said_.size() - length;
  if (before == 0) return length >= 2 && IsLetter(repeated.front());
  return length >= kShortestWord && AllLetters(repeated) && !IsLetter(said_[before - 1]);
}

std::string Continuation::Settle(bool at_end) {
  settled_ = true;
  const std::string text = std::exchange(held_, {});
  const std::string_view bare = WithoutLeadingBlanks(text);
  if (const std::size_t cut = Overlap(text); cut > 0) return text.substr(cut);
  // Only what is beyond doubt is worth the blanks before it.
  if (const std::size_t cut = Overlap(bare); cut >= kCertain) return std::string(bare.substr(cut));
  // It began anew and did not get far.
  const bool again = at_end && bare.size() >= kCertain && std::string_view(said_).starts_with(bare);
  return again ? std::string() : text;
}

}  // namespace wayleave::provider
