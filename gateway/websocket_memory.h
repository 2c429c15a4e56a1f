#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/metrics/registry.h"

namespace wayleave::gateway {

// What all conversations of a process may keep in memory together. Thread-safe; outlives every Conversation.
class ConversationBudget {
 public:
  ConversationBudget(std::size_t most_bytes, metrics::Registry& registry);

  // False if there is no room.
  bool Take(std::size_t bytes);
  void Release(std::size_t bytes);
  void Forgot() { forgotten_.Increment(); }

 private:
  const std::size_t most_bytes_;
  std::atomic<std::size_t> bytes_{0};
  prometheus::Gauge& held_;
  prometheus::Counter& forgotten_;
};

// The last responses of one WebSocket, so that a question can go on from one of them by its id and send the new items
// only. Nothing is stored anywhere else, and all ends with the connection. Bounded in responses and bytes; what has to
// be forgotten is counted, and the client then sends everything again. Belongs to one worker.
class Conversation {
 public:
  // A response, what was asked for it, and the one that it goes on from.
  class Turn;
  using TurnPointer = std::shared_ptr<Turn>;

  Conversation(std::size_t most_bytes, ConversationBudget& budget) : most_bytes_(most_bytes), budget_(budget) {}
  ~Conversation();
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  // Nothing if there is none of that id.
  TurnPointer Find(std::string_view response_id) const;
  // All items up to and with a response, separated by commas.
  static std::string ItemsUpTo(const TurnPointer& turn);
  static std::size_t BytesUpTo(const TurnPointer& turn);

  // Keeps a response under its id, if there is room for it; older ones may be forgotten for it. `previous` may be
  // empty.
  void Remember(std::string response_id, TurnPointer previous, std::string items);

  std::size_t most_bytes() const { return most_bytes_; }

 private:
  void ForgetOldest();

  const std::size_t most_bytes_;
  ConversationBudget& budget_;
  std::size_t bytes_ = 0;
  std::deque<std::pair<std::string, TurnPointer>> turns_;
};

}  // namespace wayleave::gateway
