#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/config/yaml.h"

namespace wayleave::router {

// Names or globs, one of which must fit.
class Patterns {
 public:
  Patterns() = default;
  explicit Patterns(std::vector<std::string> patterns);
  // The value or values of `key`; throws ConfigError if there is none or one is empty.
  static Patterns Read(config::Section& section, const char* key);

  bool Match(std::string_view text) const;
  // Those that are no globs, and those that are.
  const std::vector<std::string>& names() const { return names_; }
  const std::vector<std::string>& globs() const { return globs_; }
  // "`a` or `b*`".
  std::string Words() const;

 private:
  std::vector<std::string> names_;
  std::vector<std::string> globs_;
};

// "`text`", cut to a length that fits into a message.
std::string Quoted(std::string_view text);

}  // namespace wayleave::router
