#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/redaction/placeholders.h"
#include "gateway/redaction/policy.h"

namespace wayleave::gateway {

// A body without what the policy keeps back.
struct Redacted {
  std::string body;
  // Where the model's name stands now.
  std::size_t model_offset = 0;
  std::size_t model_length = 0;
  // For Restorer. Holds what was taken out.
  Placeholders placeholders;
  // How often each kind was taken out, by its number; as many as the policy has kinds.
  std::vector<std::size_t> counts;
};

struct ModelPlace {
  std::size_t offset = 0;
  std::size_t length = 0;
};

// Replaces in the string values of a JSON body (a request, an answer, a record) what the policy looks for; every other
// byte stays, and JSON stays JSON. Left alone are names of members, what protocols need as it is (models, ids, types,
// signatures, sealed reasoning) and files in base64. What is no JSON is taken as text. A body in which there is nothing
// to find is handed back without a copy. Pure; thread-safe.
Redacted Redact(std::string body, ModelPlace model, const CompiledPolicy& policy);

// The same for text that is no JSON, such as a log or a notice.
Redacted RedactText(std::string text, const CompiledPolicy& policy);

}  // namespace wayleave::gateway
