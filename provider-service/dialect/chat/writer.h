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

// Writes one answer of Chat Completions, as chunks or as one document. Reasoning is said as `reasoning_content`, the
// one name that every agent reads. What a provider seals has no place here.
class ChatWriter final : public AnswerWriter {
 public:
  struct Settings {
    std::string model;
    std::int64_t created_at = 0;
    bool stream = true;
    // A last chunk tells the usage.
    bool include_usage = false;
  };
  ChatWriter(Settings settings, const IdSource& ids);

  // The chunk that says the role.
  void Begin(Output& out) override;
  void Save(StreamState& into) const override;
  void Restore(const StreamState& from) override;
  std::unique_ptr<AnswerWriter> Copy() const override { return std::make_unique<ChatWriter>(*this); }
  // A comment.
  void KeepAlive(Output& out) override;
  void Text(std::string_view delta, Output& out) override;
  void Reasoning(std::string_view delta, Output& out) override;
  void SealReasoning(std::string_view, Output&) override {}
  bool text_is_open() const override { return text_is_open_; }
  void CloseItem(bool, Output&) override { text_is_open_ = false; }
  void Call(const CallItem& call, Output& out) override;
  // No request of this dialect asks for one.
  void Compaction(std::string_view, Output&) override {}
  void Complete(const std::optional<Usage>& usage, Output& out) override;
  void Incomplete(std::string_view reason, const std::optional<Usage>& usage, Output& out) override;
  // As MakeChatPassThrough ends a broken stream. A content filter is no failure in this dialect but a reason to finish.
  void Fail(std::string_view code, std::string_view message, const std::optional<Usage>& usage, Output& out) override;

 private:
  void SetStarts();
  void Delta(const std::string& start, std::string& all, std::string_view text, Output& out);
  void Chunk(std::string_view delta, std::string_view finish_reason, Output& out);
  void End(std::string_view finish_reason, const std::optional<Usage>& usage, Output& out);
  void Document(std::string_view finish_reason, const std::optional<Usage>& usage, Output& out);

  Settings settings_;
  std::string id_;
  // The members that all chunks have, up to the choices; the beginnings of the two chunks that come once a token.
  std::string head_;
  std::string text_start_;
  std::string reasoning_start_;
  std::string text_;       // escaped
  std::string reasoning_;  // escaped
  std::string calls_;      // as members of tool_calls
  int call_count_ = 0;
  bool text_is_open_ = false;
};

}  // namespace wayleave::provider
