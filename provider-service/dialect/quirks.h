#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace wayleave::provider {

// How a Chat Completions server differs from the others. Configuration sets it per provider; the defaults suit
// most servers. A plain value.
struct ChatQuirks {
  // Instructions that come after the first user message. Many chat templates allow a system message only at the
  // beginning, so by default such a message becomes the user's, in a tag.
  enum class LateSystem { kTaggedUser, kSystem };
  LateSystem late_system = LateSystem::kTaggedUser;

  // Several user messages in a row become one: some templates insist on alternation.
  bool merge_user_messages = true;

  // Where earlier reasoning goes on the way up: nowhere, `reasoning_content` (DeepSeek refuses a conversation
  // without it) or `reasoning` (vLLM since 0.16).
  enum class ReasoningReplay { kNone, kReasoningContent, kReasoning };
  ReasoningReplay reasoning_replay = ReasoningReplay::kNone;
  // Only reasoning of the turn in progress (after the last user message) is replayed.
  bool replay_last_turn_only = false;

  // Values of reasoning.effort that the server does not know, and what to say instead. What is not listed goes up
  // as it is; an empty value sends nothing.
  std::map<std::string, std::string> effort_map = {
      {"minimal", "low"}, {"xhigh", "high"}, {"max", "high"}, {"ultra", "high"}};
  // Servers that take no reasoning_effort at all.
  bool reasoning_effort = true;

  // Whether `parallel_tool_calls` may be sent.
  bool parallel_tool_calls = true;

  enum class MaxTokensField { kMaxTokens, kMaxCompletionTokens };
  MaxTokensField max_tokens_field = MaxTokensField::kMaxTokens;

  // The content of an assistant message that only calls tools: null, or "" for servers that refuse null.
  enum class EmptyContent { kNull, kEmptyString };
  EmptyContent empty_content = EmptyContent::kNull;

  // Without images, a placeholder text takes an image's place.
  bool images = true;

  // Whether `stream_options` may be sent. Without it many servers tell no usage.
  bool stream_options = true;

  // Whether text.verbosity goes up as `verbosity` (OpenAI only).
  bool verbosity = false;
};

// How a provider differs from what its dialect says. Configuration sets it per provider. A plain value.
struct Quirks {
  ChatQuirks chat;
  // Whether the server can answer with events. Without it every answer is asked for as one document, and clients that
  // want events get them all at once.
  bool streaming = true;
};

// What is known of the model that is asked; absent for what nobody told.
struct ModelFacts {
  std::int64_t context_window = 0;  // in tokens; 0 if unknown
  std::optional<bool> images;
  std::optional<bool> tools;
  std::optional<bool> reasoning;
};

}  // namespace wayleave::provider
