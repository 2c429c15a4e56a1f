#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace wayleave::gateway {

// A piece of a text that a stream tells bit by bit.
struct Delta {
  std::string channel;    // which text it is a piece of; the same for all of its pieces
  std::string owner;      // the item, choice or block that the text belongs to
  std::size_t begin = 0;  // of the string's inside in the event's data
  std::size_t end = 0;
  bool holds_json = false;  // the text is JSON itself
  bool last = false;        // no more comes
  // Chat only: what the event would be with nothing but more of this text, before and behind it.
  std::string alone_before, alone_behind;
};

// What an event of a stream does to the texts that are being told, whichever of the dialects it is in: Responses, Chat
// Completions, Messages.
struct EventDeltas {
  std::vector<Delta> deltas;
  bool closes_all = false;
  std::vector<std::string> closes;  // owners whose texts are complete before this event
  // The digits of sequence_number; 0 and 0 if it has none.
  std::size_t number_begin = 0, number_end = 0;
};

// Reads the data of one event. Thread-safe.
EventDeltas ReadDeltas(std::string_view data);

}  // namespace wayleave::gateway
