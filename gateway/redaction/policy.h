#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/config/yaml.h"
#include "gateway/redaction/match.h"

namespace re2 {
class RE2;
}

namespace wayleave::gateway {

// What is kept from a tenant's providers. Off by default.
struct RedactionPolicy {
  // A pattern of the operator's own, in RE2's syntax. Its name in capitals is what placeholders are called.
  struct Custom {
    std::string name;
    std::string pattern;
    bool operator==(const Custom&) const = default;
  };

  bool email = false;
  bool card = false;
  bool phone = false;
  bool secrets = false;
  std::vector<Custom> custom;
  // Whether the client gets its own values back in the answer.
  bool restore = true;

  bool enabled() const { return email || card || phone || secrets || !custom.empty(); }
  bool operator==(const RedactionPolicy&) const = default;
};

// Reads
//   kinds: [email, card, phone, secrets]
//   patterns: {employee: "EMP-[0-9]{6}"}
//   restore: true
// Throws ConfigError for an unknown kind, a name that makes no placeholder, and a pattern that is none or that fits
// nothing at all.
RedactionPolicy ReadRedaction(config::Section section);

// A policy ready for use. Immutable, so that any thread may use it; made once, when the configuration is read.
class CompiledPolicy {
 public:
  // The patterns must be good: ReadRedaction() has seen to it. A bad one is std::invalid_argument.
  explicit CompiledPolicy(RedactionPolicy policy);
  ~CompiledPolicy();
  CompiledPolicy(CompiledPolicy&&) noexcept;
  CompiledPolicy& operator=(CompiledPolicy&&) noexcept;

  const RedactionPolicy& policy() const { return policy_; }
  std::size_t kinds() const { return static_cast<std::size_t>(Kind::kFirstCustom) + policy_.custom.size(); }
  // "EMAIL", "CARD", "PHONE", "SECRET", or the custom pattern's name in capitals.
  std::string Label(Kind kind) const;

  // Appends where the custom patterns fit, in no particular order. Empty fits don't count.
  void FindCustom(std::string_view text, Matches& into) const;

 private:
  RedactionPolicy policy_;
  std::vector<std::unique_ptr<const re2::RE2>> patterns_;
};

}  // namespace wayleave::gateway
