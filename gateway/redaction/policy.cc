#include "gateway/redaction/policy.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <map>
#include <stdexcept>

#include "gateway/redaction/chars.h"

namespace wayleave::gateway {
namespace {

constexpr std::size_t kMaxName = 16;  // what a placeholder may hold of it, see placeholders.h
constexpr std::size_t kMaxPatterns = 64;
constexpr std::array<std::string_view, 4> kLabels = {"EMAIL", "CARD", "PHONE", "SECRET"};

std::string Capitals(std::string_view name) {
  std::string label(name);
  for (char& c : label) c = Is(c, kLower) ? static_cast<char>(c - ('a' - 'A')) : c;
  return label;
}

RE2::Options Options() {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(std::int64_t{8} << 20);
  return options;
}

void ReadKinds(config::Section& section, RedactionPolicy& policy) {
  const std::map<std::string, bool RedactionPolicy::*> known = {{"email", &RedactionPolicy::email},
                                                                {"card", &RedactionPolicy::card},
                                                                {"phone", &RedactionPolicy::phone},
                                                                {"secrets", &RedactionPolicy::secrets}};
  std::vector<std::string> kinds;
  section.Read("kinds", kinds);
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    const auto kind = known.find(kinds[i]);
    if (kind == known.end()) section.Fail("kinds", i, "must be one of email, card, phone, secrets");
    policy.*kind->second = true;
  }
}

bool IsName(const std::string& name) {
  return !name.empty() && name.size() <= kMaxName && Is(name.front(), kLetter) && !name.ends_with('_') &&
         std::all_of(name.begin(), name.end(), [](char c) { return Is(c, kAlnum) || c == '_'; });
}

bool IsTaken(const RedactionPolicy& policy, const std::string& name) {
  const std::string label = Capitals(name);
  return std::find(kLabels.begin(), kLabels.end(), label) != kLabels.end() ||
         std::any_of(policy.custom.begin(), policy.custom.end(),
                     [&](const RedactionPolicy::Custom& other) { return Capitals(other.name) == label; });
}

void CheckPattern(const config::Section& section, const std::string& name, const std::string& pattern) {
  const RE2 compiled(pattern, Options());
  if (!compiled.ok()) section.Fail(name.c_str(), "is no regular expression (RE2): " + compiled.error());
  if (RE2::FullMatch("", compiled)) section.Fail(name.c_str(), "fits an empty text, so it would fit everywhere");
}

void ReadPatterns(config::Section& section, RedactionPolicy& policy) {
  std::map<std::string, std::string> patterns;
  section.Read("patterns", patterns);
  if (patterns.size() > kMaxPatterns) section.Fail("patterns", "are too many: at most 64; join some with |");
  if (patterns.empty()) return;
  const config::Section child = section.Child("patterns");
  for (const std::string& name : child.Keys()) {
    if (!IsName(name)) {
      child.Fail(name.c_str(), "must be named with at most 16 letters, digits and _, beginning with a letter");
    }
    if (IsTaken(policy, name)) child.Fail(name.c_str(), "has a name that is taken; choose another");
    CheckPattern(child, name, patterns.at(name));
    policy.custom.push_back({name, patterns.at(name)});
  }
}

}  // namespace

RedactionPolicy ReadRedaction(config::Section section) {
  RedactionPolicy policy;
  ReadKinds(section, policy);
  ReadPatterns(section, policy);
  section.Read("restore", policy.restore);
  section.Done();
  return policy;
}

CompiledPolicy::CompiledPolicy(RedactionPolicy policy) : policy_(std::move(policy)) {
  for (const RedactionPolicy::Custom& custom : policy_.custom) {
    patterns_.push_back(std::make_unique<const RE2>(custom.pattern, Options()));
    if (!patterns_.back()->ok())
      throw std::invalid_argument("the pattern " + custom.name + " is no regular expression");
  }
}

CompiledPolicy::~CompiledPolicy() = default;
CompiledPolicy::CompiledPolicy(CompiledPolicy&&) noexcept = default;
CompiledPolicy& CompiledPolicy::operator=(CompiledPolicy&&) noexcept = default;

std::string CompiledPolicy::Label(Kind kind) const {
  const auto place = static_cast<std::size_t>(kind);
  return place < kLabels.size() ? std::string(kLabels[place]) : Capitals(policy_.custom[place - kLabels.size()].name);
}

void CompiledPolicy::FindCustom(std::string_view text, Matches& into) const {
  const re2::StringPiece whole(text.data(), text.size());
  for (std::size_t i = 0; i < patterns_.size(); ++i) {
    re2::StringPiece found;
    std::size_t at = 0;
    while (at < text.size() && patterns_[i]->Match(whole, at, text.size(), RE2::UNANCHORED, &found, 1)) {
      const auto offset = static_cast<std::size_t>(found.data() - text.data());
      if (!found.empty()) into.push_back({offset, found.size(), CustomKind(i)});
      at = offset + std::max<std::size_t>(found.size(), 1);
    }
  }
}

}  // namespace wayleave::gateway
