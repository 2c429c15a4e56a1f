#include "provider-service/dialect/hub/turn.h"

#include <algorithm>
#include <cctype>
#include <utility>

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
            [this](std::string_view text) { Text(text, *out_); }) {}

void Turn::KeepAlive(Output& out) {
  if (!over_) writer_->KeepAlive(out);
}

void Turn::Said(std::string_view text, Output& out) {
  if (text.empty() || over_) return;
  out_ = &out;
  tags_.Add(text);
}

// Servers put blank text between reasoning and calls: no message begins with it.
void Turn::Text(std::string_view text, Output& out) {
  if (compaction_) {
    summary_ += text;
  } else if (writer_->text_is_open() || !IsBlank(text)) {
    writer_->Text(text, out);
  }
}

void Turn::Thought(std::string_view text, Output& out) {
  if (!text.empty() && !compaction_ && !over_) writer_->Reasoning(text, out);
}

void Turn::Sealed(std::string_view sealed, Output& out) {
  if (!sealed.empty() && !compaction_ && !over_) writer_->SealReasoning(sealed, out);
}

void Turn::CallsBegin(Output& out) {
  if (over_) return;
  Flush(out);
  writer_->CloseItem(true, out);
}

void Turn::Flush(Output& out) {
  out_ = &out;
  tags_.Flush();
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
  if (compaction_) {
    writer_->Compaction(SealSummary(summary_), out);
  } else {
    Calls(calls, out);
  }
  writer_->Complete(usage, out);
}

void Turn::Calls(const std::vector<BufferedCall>& calls, Output& out) {
  for (const BufferedCall& call : calls) {
    if (!call.IsReal()) continue;
    CallItem item = ClientCall(call, tools_);
    out.repaired_patches += item.patch == CallItem::Patch::kRepaired;
    out.broken_patches += item.patch == CallItem::Patch::kBroken;
    while (item.call_id.empty() || !call_ids_.insert(item.call_id).second) item.call_id = ids_("call");
    writer_->Call(item, out);
  }
}

void Turn::Fail(std::string_view code, std::string_view message, const std::optional<Usage>& usage, Output& out) {
  if (over_) return;
  Flush(out);
  over_ = true;
  writer_->Fail(Utf8(code), Utf8(message), usage, out);
}

}  // namespace wayleave::provider
