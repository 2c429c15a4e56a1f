#include "router-service/conditions/patterns.h"

#include <algorithm>

#include "router-service/glob.h"

namespace wayleave::router {

Patterns::Patterns(std::vector<std::string> patterns) {
  for (std::string& pattern : patterns) (IsGlob(pattern) ? globs_ : names_).push_back(std::move(pattern));
}

Patterns Patterns::Read(config::Section& section, const char* key) {
  std::vector<std::string> patterns;
  section.Read(key, patterns);
  if (patterns.empty()) section.Fail(key, "needs a name, or a list of names; * stands for any characters");
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    if (patterns[i].empty()) section.Fail(key, i, "must not be empty; * stands for any characters");
  }
  return Patterns(std::move(patterns));
}

bool Patterns::Match(std::string_view text) const {
  return std::find(names_.begin(), names_.end(), text) != names_.end() ||
         std::any_of(globs_.begin(), globs_.end(), [&](const std::string& glob) { return GlobMatches(glob, text); });
}

std::string Patterns::Words() const {
  std::string words;
  for (const auto* list : {&names_, &globs_}) {
    for (const std::string& pattern : *list) words += (words.empty() ? "" : " or ") + Quoted(pattern);
  }
  return words;
}

std::string Quoted(std::string_view text) {
  constexpr std::size_t kMaxShown = 128;
  if (text.size() <= kMaxShown) return "`" + std::string(text) + "`";
  std::size_t end = kMaxShown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // no half characters
  return "`" + std::string(text.substr(0, end)) + "…`";
}

}  // namespace wayleave::router
