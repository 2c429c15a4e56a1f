#pragma once

#include <list>
#include <string>
#include <string_view>
#include <vector>

#include "provider-service/dialect/hub/call_buffer.h"

namespace wayleave::provider {

// An item of an answer of the Responses API as far as its stream has told it.
struct StreamedItem {
  enum class Kind { kMessage, kReasoning, kCall };
  Kind kind = Kind::kMessage;
  std::string id;
  // What the client has been told of a message or of reasoning; the arguments of a call.
  std::string text;
  std::string call_id;
  std::string name;
  // Reasoning is told as a summary or as it is, sometimes twice: only the form that came first counts.
  std::string_view form;
  std::int64_t part = 0;
  bool done = false;
};

// The items of one answer. Servers don't agree on ids: some have others in the end than in the middle, some have none,
// some leave the events out that would announce an item. A plain value; not thread-safe.
class StreamedItems {
 public:
  using Kind = StreamedItem::Kind;

  // The item that is announced: a new one unless its id is known.
  StreamedItem& Begin(Kind kind, std::string_view id);
  // The item that an event is about: the one with the id, or else the last of its kind that is not done, or a new one.
  StreamedItem& Find(Kind kind, std::string_view id);

  bool empty() const { return items_.empty(); }
  bool HasCalls() const;
  // What the client has been told in items of this kind, in order.
  std::string Told(Kind kind) const;
  std::vector<StreamedItem*> Of(Kind kind);
  std::vector<BufferedCall> Calls() const;

 private:
  StreamedItem* WithId(Kind kind, std::string_view id);

  std::list<StreamedItem> items_;  // a list, because its nodes stay where they are
};

}  // namespace wayleave::provider
