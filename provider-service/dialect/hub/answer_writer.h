#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "provider-service/dialect/hub/call_item.h"
#include "provider-service/dialect/hub/stream_state.h"
#include "provider-service/dialect/reply.h"

namespace wayleave::provider {

// Tells one answer to a client in the dialect of its front door, as events or as one document: every dialect that
// clients speak has one. The caller sees to the order: Begin, then items strictly one after the other, then exactly one
// of the terminal calls and nothing after it. Not thread-safe. All texts are valid UTF-8.
class AnswerWriter {
 public:
  virtual ~AnswerWriter() = default;

  // The upstream's status is known to be good: a stream begins.
  virtual void Begin(Output& out) = 0;
  // For streams only: what another writer needs to go on here, but for the texts, which the caller knows; and the way
  // to go on where another stopped, in place of Begin.
  virtual void Save(StreamState& into) const = 0;
  virtual void Restore(const StreamState& from) = 0;
  // One that goes on from here by itself.
  virtual std::unique_ptr<AnswerWriter> Copy() const = 0;
  // A sign of life that resets the client's idle timer and says nothing.
  virtual void KeepAlive(Output& out) = 0;

  // Open the item that is needed, closing another one.
  virtual void Text(std::string_view delta, Output& out) = 0;
  virtual void Reasoning(std::string_view delta, Output& out) = 0;
  // What the provider wants back with the reasoning that was told last (a signature, an encrypted form), opaque and
  // in ASCII; opens a reasoning item without text where none is open. Left out where the dialect has no place for it.
  virtual void SealReasoning(std::string_view sealed, Output& out) = 0;
  virtual bool text_is_open() const = 0;
  // `whole` is false for a text that was cut.
  virtual void CloseItem(bool whole, Output& out) = 0;

  // Need that no item is open.
  virtual void Call(const CallItem& call, Output& out) = 0;
  virtual void Compaction(std::string_view sealed_summary, Output& out) = 0;

  // The terminal ones; each sets Output::finish. A document that failed is told as Output::failure.
  virtual void Complete(const std::optional<Usage>& usage, Output& out) = 0;
  // `reason` is "max_output_tokens" or "content_filter".
  virtual void Incomplete(std::string_view reason, const std::optional<Usage>& usage, Output& out) = 0;
  virtual void Fail(std::string_view code, std::string_view message, const std::optional<Usage>& usage,
                    Output& out) = 0;
};

}  // namespace wayleave::provider
