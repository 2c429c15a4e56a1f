#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "provider-service/dialect/hub/think_tags.h"

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

  // Earlier calls go up with their arguments as an object instead of the text of one: some templates take them apart.
  bool arguments_as_object = false;

  // Without images, a placeholder text takes an image's place.
  bool images = true;

  // Whether `stream_options` may be sent. Without it many servers tell no usage.
  bool stream_options = true;

  // Whether text.verbosity goes up as `verbosity` (OpenAI only).
  bool verbosity = false;

  // Whether a service tier that the client did not choose itself may be sent.
  bool service_tier = false;

  bool operator==(const ChatQuirks&) const = default;
};

// What Ollama's native API is told beside the request. Where it is like Chat Completions (late instructions, merging,
// images, replay of reasoning, effort), ChatQuirks hold.
struct OllamaQuirks {
  // The context that models are loaded with: this, or fitted to the prompt where 0.
  std::int64_t num_ctx = 0;
  // The most that fitting may ask for; 0: what the model can.
  std::int64_t max_num_ctx = 0;
  // How long a model stays loaded, as Ollama says it ("30m", "-1"); empty: Ollama's own default.
  std::string keep_alive;
  // How `think` is said: by what is known of the model, as a level, as true and false, or not at all.
  enum class Think { kAuto, kLevel, kSwitch, kNever };
  Think think = Think::kAuto;

  bool operator==(const OllamaQuirks&) const = default;
};

// How a server of the Responses API differs that is not OpenAI's own. What ChatQuirks says of models and not of the
// dialect holds for it as well: late_system, merge_user_messages, images, parallel_tool_calls, replay_last_turn_only,
// the effort, verbosity.
struct ResponsesQuirks {
  // Earlier reasoning on the way up: nowhere, as an item with its text (vLLM, llama.cpp), or with the text in
  // `encrypted_content`, which is where Ollama looks for it and what vLLM refuses.
  enum class ReasoningItems { kNone, kText, kEncryptedContent };
  ReasoningItems reasoning_items = ReasoningItems::kNone;

  bool operator==(const ResponsesQuirks&) const = default;
};

// How a server of the Messages API differs from the others, and what its requests need that clients of other dialects
// don't say. Where it is like Chat Completions (images, the effort's words), ChatQuirks hold; the effort "none"
// switches thinking off.
struct MessagesQuirks {
  // How thinking is asked for: by a word for the effort (Claude 4.6 and later), by a budget of tokens (before), not at
  // all, or as the model's name tells.
  enum class Thinking { kByModel, kAdaptive, kBudget, kNone };
  Thinking thinking = Thinking::kByModel;
  // Tokens for each effort, for models that want a budget. An effort that is not listed asks for no thinking.
  std::map<std::string, std::int64_t> thinking_budgets = {
      {"low", 2048}, {"medium", 8192}, {"high", 16384}, {"xhigh", 24576}, {"max", 32768}};

  // The API wants a limit in each request: this one where the client has none.
  std::int64_t max_tokens = 32000;

  // Whether the stable beginning of the request is marked for the provider's prompt cache.
  bool prompt_cache = true;

  // Whether the answer's JSON Schema may be sent; without it the model is told in words. Absent: as the model's name
  // tells.
  std::optional<bool> structured_outputs;

  // Whether the server can count tokens. Without it they are estimated here.
  bool count_tokens = true;

  // Whether clients may have the server hold their conversations (`thread`). What such a request costs is not known
  // before its end, and another provider can't go on with it.
  bool threads = false;

  bool operator==(const MessagesQuirks&) const = default;
};

// How a provider differs from what its dialect says. Configuration sets it per provider. A plain value.
struct Quirks {
  ChatQuirks chat;
  MessagesQuirks messages;
  ResponsesQuirks responses;
  OllamaQuirks ollama;
  // Whether thoughts come in tags within the text; for servers without a reasoning parser.
  ThinkTags think_tags = ThinkTags::kNone;
  // How Responses clients are told of reasoning: as its text, or as its summary, which some clients show only.
  enum class ReasoningAs { kText, kSummary };
  ReasoningAs reasoning_as = ReasoningAs::kText;
  // Whether the server can answer with events. Without it every answer is asked for as one document, and clients that
  // want events get them all at once.
  bool streaming = true;

  bool operator==(const Quirks&) const = default;
};

// What is known of the model that is asked; absent for what nobody told.
struct ModelFacts {
  std::int64_t context_window = 0;  // in tokens; 0 if unknown
  // The context that the model was last asked to have; 0 if it is not ours to say. Asking for less would load it anew.
  std::int64_t loaded_context = 0;
  std::optional<bool> images;
  std::optional<bool> tools;
  std::optional<bool> reasoning;
};

}  // namespace wayleave::provider
