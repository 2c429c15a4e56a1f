#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "provider-service/dialect/hub/answer_writer.h"
#include "provider-service/dialect/hub/call_buffer.h"
#include "provider-service/dialect/hub/continuation.h"
#include "provider-service/dialect/hub/think_tags.h"
#include "provider-service/dialect/hub/tool_table.h"
#include "provider-service/dialect/ids.h"
#include "provider-service/dialect/meter.h"

namespace wayleave::provider {

// What the telling of an answer must know of its request.
struct TurnContext {
  ToolTable tools;
  // Ids that calls may not have any more.
  std::set<std::string> call_ids;
  // The answer is a summary, wanted as a `compaction` item and not as text.
  bool compaction = false;
  std::unique_ptr<AnswerWriter> writer;
  IdSource ids;
  ThinkTags think_tags = ThinkTags::kNone;
  // The model's name at the provider.
  std::string upstream_model = {};
  // The client's dialect, as StreamState counts them.
  std::uint8_t dialect = 0;
  // An answer of text that breaks off is not ended but saved, in Output::resume.
  bool may_continue = false;
  // The answer that this one carries on.
  std::optional<StreamState> resumed = {};
  // How much of the stream is paid for; nothing: all of it.
  std::optional<Allowance> allowance = {};
};

// What a model does in its turn, on the way from an upstream's stream to the client's writer: the rules that hold
// whatever the two dialects are. Names of tools are mapped back, ids made unique, blank beginnings left out, summaries
// sealed, and there is one terminal event, or none where the answer may be carried on. A carried-on answer goes on in
// the same item; what the new model thinks before its first word has no place there and is left out. After the end all
// calls do nothing. Belongs to one generation; not thread-safe.
class Turn {
 public:
  explicit Turn(TurnContext context);

  void Begin(Output& out);
  void KeepAlive(Output& out);

  void Said(std::string_view text, Output& out);
  void Thought(std::string_view text, Output& out);
  // What the provider wants back with the reasoning before it.
  void Sealed(std::string_view sealed, Output& out);
  // Calls are kept by the caller until the end: a client runs a call as soon as it has it, and a call may still turn
  // out to be cut short. This closes the text before them.
  void CallsBegin(Output& out);
  // The text or reasoning that was told last is whole; more of it would be another item.
  void ItemEnds(Output& out);

  enum class Stop {
    kDone,      // to its own end, with or without calls
    kLength,    // cut at a token limit; calls are not told
    kFiltered,  // stopped by the provider's content filter
  };
  void Finish(Stop stop, const std::vector<BufferedCall>& calls, const std::optional<Usage>& usage, Output& out);
  // The texts need not be UTF-8.
  void Fail(std::string_view code, std::string_view message, const std::optional<Usage>& usage, Output& out);

  bool over() const { return over_; }

 private:
  void Text(std::string_view text, Output& out);
  void Tell(std::string_view text, Output& out);
  void Remember(std::string_view text);
  // Carries on a text of which nothing new has come yet.
  bool AwaitsText() const { return joint_ && joint_->empty() && writer_->text_is_open(); }
  bool MayBeSaved(std::string_view code) const;
  void Save(std::string_view code, std::string_view message, const std::optional<Usage>& usage, Output& out);
  void Flush(Output& out);
  // Before so many bytes are told: if they are not paid for, how the answer ends without them.
  void Pay(std::size_t bytes, Output& out);
  void Compaction(Output& out);
  void Calls(const std::vector<BufferedCall>& calls, Output& out);
  CallItem Called(const BufferedCall& call, Output& out);

  const ToolTable tools_;
  std::set<std::string> call_ids_;
  const bool compaction_;
  const IdSource ids_;
  const std::unique_ptr<AnswerWriter> writer_;
  Output* out_ = nullptr;  // while tags_ tells
  ThinkTagSplitter tags_;
  std::string summary_;
  Meter meter_;
  const std::uint8_t dialect_;
  const bool may_continue_;
  std::optional<StreamState> resumed_;
  std::optional<Continuation> joint_;
  // Kept only if the answer may have to be saved; as in StreamState.
  std::string said_;
  std::size_t open_from_ = 0;
  std::string thought_;
  bool calls_ = false;
  bool over_ = false;
};

}  // namespace wayleave::provider
