#pragma once

#include <nlohmann/json_fwd.hpp>

#include "provider-service/dialect/hub/conversation.h"

namespace wayleave::provider {

class Dropped;

// In which form a server wants the items of a conversation.
struct InputForm {
  // Instructions behind the first user message.
  enum class LateSystem { kTaggedUser, kSystem, kDeveloper };
  LateSystem late_system = LateSystem::kTaggedUser;

  // Earlier reasoning: left out, its text, its text as `encrypted_content`, or what the server itself sealed.
  enum class Reasoning { kNone, kText, kTextAsEncrypted, kSealed };
  Reasoning reasoning = Reasoning::kNone;
  bool last_turn_only = false;

  bool merge_user_messages = true;
  bool images = true;
  // Images may stand in the output of a call; otherwise they follow in a message of the user.
  bool images_in_outputs = false;
};

// `input` of a Responses request: messages, calls of functions and their outputs, reasoning. The system prompt is not
// in it.
nlohmann::ordered_json ResponsesInput(const Conversation& conversation, const InputForm& form, Dropped& dropped);

}  // namespace wayleave::provider
