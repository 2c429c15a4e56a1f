#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "provider-service/dialect/hub/answer_writer.h"
#include "provider-service/dialect/ids.h"
#include "provider-service/dialect/reply.h"

namespace wayleave::provider {

// Writes one answer of the Messages API, as events or as one document. A stream ends with message_stop or with one
// error event. What other providers want back with their reasoning travels in the signature of a thinking block.
class MessagesWriter final : public AnswerWriter {
 public:
  // What the client is shown of reasoning: its text, blocks without text, or nothing.
  enum class Thoughts { kShown, kHidden, kNone };

  struct Settings {
    std::string model;
    bool stream = true;
    Thoughts thoughts = Thoughts::kShown;
    // For message_start, where nobody knows yet; message_delta tells the truth.
    std::int64_t input_estimate = 0;
  };
  MessagesWriter(Settings settings, IdSource ids);

  // message_start.
  void Begin(Output& out) override;
  void Save(StreamState& into) const override;
  void Restore(const StreamState& from) override;
  std::unique_ptr<AnswerWriter> Copy() const override { return std::make_unique<MessagesWriter>(*this); }
  // ping.
  void KeepAlive(Output& out) override;
  void Text(std::string_view delta, Output& out) override;
  void Reasoning(std::string_view delta, Output& out) override;
  void SealReasoning(std::string_view sealed, Output& out) override;
  bool text_is_open() const override { return open_ == Open::kText; }
  void CloseItem(bool whole, Output& out) override;
  void Call(const CallItem& call, Output& out) override;
  // These clients shorten their conversations themselves.
  void Compaction(std::string_view, Output&) override {}
  void Complete(const std::optional<Usage>& usage, Output& out) override;
  void Incomplete(std::string_view reason, const std::optional<Usage>& usage, Output& out) override;
  // An answer that a content filter stopped is a refusal and no error.
  void Fail(std::string_view code, std::string_view message, const std::optional<Usage>& usage, Output& out) override;

 private:
  enum class Open { kNothing, kText, kThinking };

  void OpenBlock(Open what, std::string_view start, Output& out);
  void Delta(std::string_view type, std::string_view member, std::string_view value, Output& out);
  void BlockStarts(std::string_view block, Output& out);
  void BlockStops(std::string_view block, Output& out);
  void CloseThinking(Output& out);
  void Silent(Output& out);
  void Stop(std::string_view reason, const std::optional<Usage>& usage, Output& out);

  const Settings settings_;
  const IdSource ids_;
  std::string id_;
  std::int64_t index_ = 0;
  Open open_ = Open::kNothing;
  std::string text_;    // of the open block, as the client sees it
  std::string hidden_;  // of an open block of thinking, as it does not
  std::string sealed_;  // what comes back with it
  std::string blocks_;  // the finished ones, for a document
  bool called_ = false;
  int silent_ = 0;  // pieces that the client is not told, since the last event
};

// The event for an error within a stream. The texts must be valid UTF-8.
std::string MessagesErrorEvent(std::string_view code, std::string_view message);

}  // namespace wayleave::provider
