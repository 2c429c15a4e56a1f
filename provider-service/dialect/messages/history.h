#pragma once

// For the .cc files of the dialects only.

#include "provider-service/dialect/hub/conversation.h"
#include "provider-service/dialect/json_access.h"

namespace wayleave::provider {

struct MessagesHistoryOptions {
  bool images = true;
  bool thoughts = true;    // thinking goes back to the model that thought
  std::string_view model;  // its name
  bool cache = true;       // the ends of the conversation's last two parts are marked for the prompt cache
};

// The conversation as the `messages` of the Messages API, as its strictest servers take it: the user begins and ends,
// the two take turns, each call is answered at the beginning of the very next message, no text is blank.
Json MessagesHistory(const Conversation& conversation, const MessagesHistoryOptions& options, Dropped& dropped);

// Whether the turn in progress has calls that no thinking of this model's came before: models with a budget refuse to
// think in such a turn.
bool CallsWithoutThinking(const Conversation& conversation, std::string_view model);

}  // namespace wayleave::provider
