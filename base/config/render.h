#pragma once

#include <functional>
#include <string>

namespace wayleave::config {

// `text` as block-style YAML that reads back the same, references unexpanded, but with "<hidden>" for every
// literal value whose path ("providers.openai.api_key") `secret` names. Throws ConfigError on bad YAML.
std::string Render(const std::string& text, const std::string& name,
                   const std::function<bool(const std::string& path)>& secret);

}  // namespace wayleave::config
