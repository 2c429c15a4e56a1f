#pragma once

// For the .cc files of the dialects only.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "provider-service/dialect/json_access.h"
#include "provider-service/dialect/responses/glance.h"

namespace wayleave::provider {

// What a stream that passes through has told of its items. Codex takes an item from response.output_item.done only, so
// at the end it must be known what was never told that way. Keeps copies of bytes and parses nothing before Done and
// Missing are asked for. Not thread-safe.
class SeenItems {
 public:
  // Takes note of an event.
  void Take(const Glance& glance, std::string_view data);

  // Whether Missing might find something: the terminal response has output, or has not.
  bool MayMiss(bool has_output) const { return !texts_.empty() || (done_.empty() && has_output); }
  // The items that the client was not told of: those of the response's `output` if it was told of none at all, and
  // otherwise messages of which it knows the deltas only. With `cut` no calls: they may not be whole.
  std::vector<Json> Missing(const Json& output, bool cut) const;

  // How many items were told as done, and these themselves.
  std::size_t done_count() const { return done_.size(); }
  Json Done() const;

 private:
  struct OpenText {
    std::string item_id;
    std::string escaped;
  };

  void Said(const Glance& glance);
  void MessageDone(std::string_view id);
  void Held(std::size_t bytes);

  std::vector<OpenText> texts_;
  std::vector<std::string> done_;  // data of the events
  std::size_t held_ = 0;
};

}  // namespace wayleave::provider
