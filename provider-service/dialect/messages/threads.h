#pragma once

#include <string_view>

#include "base/result.h"

namespace wayleave::provider {

// Whether a Messages request wants the server to hold the conversation, or to go on with one that it holds (`thread`).
bool AsksForThread(std::string_view body);

// What is answered: nobody behind a gateway that may choose another provider each time can hold it. By its reason
// Anthropic's clients know that they must send whole conversations, and do so.
Error ThreadRefusal();

}  // namespace wayleave::provider
