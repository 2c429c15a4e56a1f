#pragma once

#include <cstdint>
#include <string_view>

#include "base/http/sse.h"

namespace wayleave::provider {

// What a look over the bytes of an event of the Responses API finds, without a tree of it. Views into the block.
struct Glance {
  std::string_view type;
  std::int64_t sequence = -1;
  // Still escaped.
  std::string_view delta;
  std::string_view item_id;
  // Of an item in the answer, and of a part of its content or its summary.
  std::int64_t output_index = -1;
  std::int64_t part_index = -1;
  // Of the item that the event brings, if it is the first thing that has an id.
  std::string_view id;
  bool headers = false;
  // It brings a message.
  bool message = false;
  // It brings a call that has no id, or arguments that are no text: Codex would drop it without a word.
  bool odd_call = false;
};

// Thread-safe. An event that is no JSON has the type that its name says, or none.
Glance LookOver(const http::SseBlock& block);

}  // namespace wayleave::provider
