#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/config/yaml.h"
#include "provider-service/dialect/quirks.h"

namespace wayleave::provider {

// Reads one of several words; a ConfigError names them all. An absent key leaves `into` as it is.
template <class Enum>
void ReadWord(config::Section& section, const char* key, const std::vector<std::pair<std::string, Enum>>& words,
              Enum& into) {
  if (!section.Has(key)) return;
  std::string word;
  section.Read(key, word);
  std::string known;
  for (const auto& [name, value] : words) {
    if (name == word) {
      into = value;
      return;
    }
    known += (known.empty() ? "" : ", ") + name;
  }
  section.Fail(key, "must be one of " + known);
}

// Reads the section `quirks` of a provider; docs/providers.md has the table. Throws config::ConfigError.
void ReadQuirks(config::Section section, Quirks& quirks);

}  // namespace wayleave::provider
