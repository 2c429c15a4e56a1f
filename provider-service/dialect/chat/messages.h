#pragma once

#include <nlohmann/json_fwd.hpp>

#include "provider-service/dialect/quirks.h"

namespace wayleave::provider {

class Conversation;
class Dropped;

// The conversation as the `messages` of Chat Completions. Strict servers take them all: one system message at the
// beginning, each call answered directly behind its message, arguments JSON objects, no empty message.
nlohmann::ordered_json ChatMessages(const Conversation& conversation, const ChatQuirks& quirks, Dropped& dropped);

}  // namespace wayleave::provider
