#include "provider-service/quirks_config.h"

namespace wayleave::provider {
namespace {

using config::Section;

// How a conversation is written for the server.
void ReadConversation(Section& section, ChatQuirks& quirks) {
  using Q = ChatQuirks;
  ReadWord<Q::LateSystem>(section, "late_system",
                          {{"tagged_user", Q::LateSystem::kTaggedUser}, {"system", Q::LateSystem::kSystem}},
                          quirks.late_system);
  section.Read("merge_user_messages", quirks.merge_user_messages);
  bool null_content = quirks.empty_content == Q::EmptyContent::kNull;
  section.Read("null_content", null_content);
  quirks.empty_content = null_content ? Q::EmptyContent::kNull : Q::EmptyContent::kEmptyString;
  section.Read("arguments_as_object", quirks.arguments_as_object);
  section.Read("images", quirks.images);
}

// How reasoning is asked for, told and given back.
void ReadReasoning(Section& section, Quirks& quirks) {
  using Replay = ChatQuirks::ReasoningReplay;
  using Items = ResponsesQuirks::ReasoningItems;
  using As = Quirks::ReasoningAs;
  ReadWord<Replay>(
      section, "reasoning_replay",
      {{"none", Replay::kNone}, {"reasoning_content", Replay::kReasoningContent}, {"reasoning", Replay::kReasoning}},
      quirks.chat.reasoning_replay);
  ReadWord<Items>(section, "reasoning_items",
                  {{"none", Items::kNone}, {"text", Items::kText}, {"encrypted_content", Items::kEncryptedContent}},
                  quirks.responses.reasoning_items);
  ReadWord<ThinkTags>(section, "think_tags",
                      {{"none", ThinkTags::kNone}, {"tagged", ThinkTags::kTagged}, {"open", ThinkTags::kOpen}},
                      quirks.think_tags);
  ReadWord<As>(section, "reasoning_as", {{"text", As::kText}, {"summary", As::kSummary}}, quirks.reasoning_as);
  section.Read("replay_last_turn_only", quirks.chat.replay_last_turn_only);
  section.Read("reasoning_effort", quirks.chat.reasoning_effort);
  section.Read("effort_map", quirks.chat.effort_map);
}

// Which fields the server knows, and by what names.
void ReadFields(Section& section, Quirks& quirks) {
  using Field = ChatQuirks::MaxTokensField;
  ReadWord<Field>(section, "max_tokens_field",
                  {{"max_tokens", Field::kMaxTokens}, {"max_completion_tokens", Field::kMaxCompletionTokens}},
                  quirks.chat.max_tokens_field);
  section.Read("parallel_tool_calls", quirks.chat.parallel_tool_calls);
  section.Read("stream_options", quirks.chat.stream_options);
  section.Read("verbosity", quirks.chat.verbosity);
  section.Read("service_tier", quirks.chat.service_tier);
  section.Read("streaming", quirks.streaming);
}

}  // namespace

void ReadQuirks(Section section, Quirks& quirks) {
  ReadConversation(section, quirks.chat);
  ReadReasoning(section, quirks);
  ReadFields(section, quirks);
  section.Done();
}

}  // namespace wayleave::provider
