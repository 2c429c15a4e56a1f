#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace wayleave::gateway {

// A value of an event's JSON by its way from the root: "choices.0.delta.content".
struct EventLeaf {
  std::string path;
  std::size_t begin = 0;  // of the value; a string's lie within its quotes
  std::size_t end = 0;
  bool is_string = false;
};

// The values of one event, and its lists and objects as a whole. Views: the data must outlive it. Thread-safe.
class EventLeaves {
 public:
  explicit EventLeaves(std::string_view data);

  // Empty data, and data that is no JSON, have none.
  const std::vector<EventLeaf>& all() const { return leaves_; }
  const EventLeaf* Find(std::string_view path) const;
  // As it stands in the event; "" if there is none.
  std::string_view Text(std::string_view path) const;

 private:
  std::string_view data_;
  std::vector<EventLeaf> leaves_;
};

}  // namespace wayleave::gateway
