#pragma once

// For the .cc files of this folder only.

#include <cstdint>

#include "provider-service/dialect/json_access.h"
#include "provider-service/dialect/quirks.h"

namespace wayleave::provider {

class Conversation;

struct OllamaMessages {
  Json messages = Json::array();
  std::int64_t images = 0;
  std::int64_t image_bytes = 0;  // of them in the JSON
};

// The conversation as the `messages` of /api/chat: content is always a text, images lie beside it as plain base64,
// arguments are objects.
OllamaMessages WriteOllamaMessages(const Conversation& conversation, const ChatQuirks& quirks, Dropped& dropped);

}  // namespace wayleave::provider
