#include "provider-service/dialect/hub/turn.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "provider-service/dialect/errors.h"
#include "provider-service/dialect/hub/model_call.h"
#include "provider-service/dialect/hub/summary.h"
#include "provider-service/dialect/json_text.h"

namespace wayleave::provider {
namespace {

bool IsBlank(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isspace(c); });
}

}  // namespace

Turn::Turn(TurnContext context)
    : tools_(std::move(context.tools)),
      call_ids_(std::move(context.call_ids)),
      compaction_(context.compaction),
      ids_(std::move(context.ids)),
      writer_(std::move(context.writer)),
      tags_(context.think_tags, [this](std::string_view text) { Thought(text, *out_); },
            [this](std::string_view text) { Text(text, *out_); }),
      meter_(context.allowance),
      dialect_(context.dialect),
      may_continue_(context.may_continue),
      resumed_(std::move(context.resumed)) {}

// Half a thought is nobody's to go on with.
void Turn::Begin(Output& out) {
  if (!resumed_) return writer_->Begin(out);
  const StreamState from = *std::exchange(resumed_, std::nullopt);
  writer_->Restore(from);
  if (from.open == StreamState::Open::kReasoning) writer_->CloseItem(true, out);
  said_ = from.said;
  open_from_ = from.open_from;
  if (!said_.empty()) joint_.emplace(said_);
}

void Turn::KeepAlive(Output& out) {
  if (!over_) writer_->KeepAlive(out);
}

void Turn::Said(std::string_view text, Output& out) {
  if (text.empty() || over_) return;
  out.begun = true;
  out_ = &out;
  tags_.Add(text);
}

void Turn::Text(std::string_view text, Output& out) {
  if (compaction_) {
    summary_ += text;
  } else if (joint_ && !joint_->settled()) {
    Tell(joint_->Add(text), out);
  } else {
    Tell(text, out);
  }
}

// Servers put blank text between reasoning and calls: no message begins with it.
void Turn::Tell(std::string_view text, Output& out) {
  if (text.empty() || (!writer_->text_is_open() && IsBlank(text))) return;
  Pay(text.size(), out);
  Remember(text);
  writer_->Text(text, out);
}

void Turn::Pay(std::size_t bytes, Output& out) {
  if (!meter_.IsPassedBy(bytes, out)) return;
  const std::unique_ptr<AnswerWriter> ending = writer_->Copy();
  Output end;
  ending->CloseItem(false, end);
  ending->Incomplete("max_output_tokens", meter_.Used(out), end);
  meter_.NoteCut(std::move(end), bytes, out);
}

void Turn::Remember(std::string_view text) {
  if (!may_continue_) return;
  if (!writer_->text_is_open()) {
    if (!said_.empty()) said_ += "\n\n";
    open_from_ = said_.size();
  }
  said_ += text;
  thought_.clear();
}

void Turn::Thought(std::string_view text, Output& out) {
  if (text.empty() || over_) return;
  out.begun = true;
  if (compaction_ || AwaitsText()) return;
  Pay(text.size(), out);
  if (may_continue_) thought_ += text;
  writer_->Reasoning(text, out);
}

void Turn::Sealed(std::string_view sealed, Output& out) {
  if (!sealed.empty() && !compaction_ && !over_ && !AwaitsText()) writer_->SealReasoning(sealed, out);
}

void Turn::CallsBegin(Output& out) {
  if (over_) return;
  calls_ = true;
  out.begun = true;
  Flush(out);
  writer_->CloseItem(true, out);
}

void Turn::ItemEnds(Output& out) {
  if (over_ || AwaitsText()) return;
  Flush(out);
  writer_->CloseItem(true, out);
  thought_.clear();
}

void Turn::Flush(Output& out) {
  out_ = &out;
  tags_.Flush();
  if (joint_ && !joint_->empty()) Tell(joint_->Flush(), out);
}

void Turn::Finish(Stop stop, const std::vector<BufferedCall>& calls, const std::optional<Usage>& usage, Output& out) {
  if (over_) return;
  Flush(out);
  if (stop == Stop::kFiltered) {
    return Fail("content_policy_violation", "The model provider's content filter stopped this answer.", usage, out);
  }
  writer_->CloseItem(stop == Stop::kDone, out);
  if (stop == Stop::kDone && compaction_ && IsBlank(summary_)) {
    return Fail("server_error", "The model wrote no summary.", usage, out);
  }
  over_ = true;
  if (stop == Stop::kLength) return writer_->Incomplete("max_output_tokens", usage, out);
  compaction_ ? Compaction(out) : Calls(calls, out);
  writer_->Complete(usage, out);
}

void Turn::Compaction(Output& out) {
  const std::string sealed = SealSummary(summary_);
  Pay(sealed.size(), out);
  writer_->Compaction(sealed, out);
}

// All are paid for, or none.
void Turn::Calls(const std::vector<BufferedCall>& calls, Output& out) {
  std::vector<CallItem> items;
  std::size_t bytes = 0;
  for (const BufferedCall& call : calls) {
    if (!call.IsReal()) continue;
    items.push_back(Called(call, out));
    bytes += items.back().payload.size();
  }
  if (!items.empty()) Pay(bytes, out);
  for (const CallItem& item : items) writer_->Call(item, out);
}

CallItem Turn::Called(const BufferedCall& call, Output& out) {
  CallItem item = ClientCall(call, tools_);
  out.repaired_patches += item.patch == CallItem::Patch::kRepaired;
  out.broken_patches += item.patch == CallItem::Patch::kBroken;
  while (item.call_id.empty() || !call_ids_.insert(item.call_id).second) item.call_id = ids_("call");
  return item;
}

void Turn::Fail(std::string_view code, std::string_view message, const std::optional<Usage>& usage, Output& out) {
  if (over_) return;
  Flush(out);
  over_ = true;
  if (MayBeSaved(code)) return Save(code, message, usage, out);
  writer_->Fail(Utf8(code), Utf8(message), usage, out);
}

// A fault of the request would be one everywhere, and an answer without end is not to be made longer.
bool Turn::MayBeSaved(std::string_view code) const {
  return may_continue_ && !calls_ && code != "upstream_bad_response" && StreamFailure(code, "").retryable;
}

void Turn::Save(std::string_view code, std::string_view message, const std::optional<Usage>& usage, Output& out) {
  StreamState state;
  writer_->Save(state);
  state.dialect = dialect_;
  state.said = std::move(said_);
  state.open_from = state.open == StreamState::Open::kText ? open_from_ : state.said.size();
  if (state.open == StreamState::Open::kReasoning) state.thought = std::move(thought_);
  out.finish = Finish::kFailed;
  out.error_code = Utf8(code);
  out.error_message = Utf8(message);
  out.usage = usage;
  out.resume = Encode(state);
}

}  // namespace wayleave::provider
