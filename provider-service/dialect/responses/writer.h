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

// Writes one answer of the Responses API, as events or as one document, with everything that its readers want:
// numbers and ids that fit, the response object complete in each event that has one.
class ResponseWriter final : public AnswerWriter {
 public:
  struct Settings {
    std::string model;
    std::int64_t created_at = 0;
    // Members of the response object that repeat the request: `"parallel_tool_calls":…,…` without braces.
    std::string echo;
    bool stream = true;
    // Reasoning is told as a summary instead of as its text.
    bool reasoning_as_summary = false;
    // To carry on an answer that somebody else began: its id (empty: a new one), the next number, and its finished
    // items, separated by commas.
    std::string id;
    std::int64_t next_sequence = 0;
    std::string items;
  };
  ResponseWriter(Settings settings, IdSource ids);

  // response.created and response.in_progress.
  void Begin(Output& out) override;
  void Save(StreamState& into) const override;
  void Restore(const StreamState& from) override;
  std::unique_ptr<AnswerWriter> Copy() const override { return std::make_unique<ResponseWriter>(*this); }
  // response.in_progress again.
  void KeepAlive(Output& out) override;
  void Text(std::string_view delta, Output& out) override;
  void Reasoning(std::string_view delta, Output& out) override;
  void SealReasoning(std::string_view sealed, Output& out) override;
  bool text_is_open() const override { return open_ == Open::kText; }
  void CloseItem(bool whole, Output& out) override;
  void Call(const CallItem& call, Output& out) override;
  void Compaction(std::string_view sealed_summary, Output& out) override;
  void Complete(const std::optional<Usage>& usage, Output& out) override;
  void Incomplete(std::string_view reason, const std::optional<Usage>& usage, Output& out) override;
  void Fail(std::string_view code, std::string_view message, const std::optional<Usage>& usage, Output& out) override;

 private:
  enum class Open { kNothing, kText, kReasoning };

  void OpenText(Output& out);
  void SetPrefix();
  void OpenReasoning(Output& out);
  void AppendReasoningPlace(std::string& to) const;
  void ReasoningPart(std::string_view what, Output& out);
  std::string ReasoningJson(std::string_view escaped) const;
  void Delta(std::string_view text, std::string_view after, Output& out);
  void CloseText(bool whole, Output& out);
  void CloseReasoning(Output& out);
  void FunctionEvents(const CallItem& call, std::string_view id, Output& out);
  void CustomEvents(const CallItem& call, std::string_view id, Output& out);
  void ItemAdded(std::string_view item, Output& out);
  void ItemDone(std::string_view item, Output& out);
  void Terminal(std::string_view status, std::string_view details, std::string_view error,
                const std::optional<Usage>& usage, Output& out);
  void WithResponse(std::string_view event, Output& out);
  std::string Response(std::string_view status, std::string_view details, std::string_view error,
                       const std::optional<Usage>& usage) const;

  Settings settings_;
  const IdSource ids_;
  std::string id_;
  std::int64_t sequence_;
  std::int64_t output_index_ = 0;
  Open open_ = Open::kNothing;
  std::string item_id_;
  std::string text_;    // of the open item, escaped
  std::string sealed_;  // of the open reasoning
  std::string prefix_;  // of its deltas
  std::string items_;   // the finished ones, for the response object
};

}  // namespace wayleave::provider
