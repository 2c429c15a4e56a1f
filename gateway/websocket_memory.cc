#include "gateway/websocket_memory.h"

#include <algorithm>
#include <vector>

namespace wayleave::gateway {
namespace {
constexpr std::size_t kMostResponses = 16;
}

ConversationBudget::ConversationBudget(std::size_t most_bytes, metrics::Registry& registry)
    : most_bytes_(most_bytes),
      held_(registry.Gauge("wayleave_gateway_conversation_bytes",
                           "Bytes of conversations kept for previous_response_id on WebSockets.")),
      forgotten_(registry.Counter("wayleave_gateway_conversations_forgotten_total",
                                  "Responses on WebSockets not kept for previous_response_id for want of room.")) {}

bool ConversationBudget::Take(std::size_t bytes) {
  if (bytes_.fetch_add(bytes) + bytes > most_bytes_) {
    bytes_.fetch_sub(bytes);
    return false;
  }
  held_.Increment(static_cast<double>(bytes));
  return true;
}

void ConversationBudget::Release(std::size_t bytes) {
  bytes_.fetch_sub(bytes);
  held_.Decrement(static_cast<double>(bytes));
}

class Conversation::Turn {
 public:
  Turn(Conversation& owner, TurnPointer before, std::string text)
      : previous(std::move(before)), items(std::move(text)), total(items.size() + BytesUpTo(previous)), owner_(owner) {
    owner_.bytes_ += items.size();
  }
  ~Turn() {
    owner_.bytes_ -= items.size();
    owner_.budget_.Release(items.size());
    // One by one: a long chain must not be a deep recursion.
    for (TurnPointer turn = std::move(previous); turn && turn.use_count() == 1;) turn = std::move(turn->previous);
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  TurnPointer previous;
  const std::string items;
  const std::size_t total;

 private:
  Conversation& owner_;
};

Conversation::~Conversation() { turns_.clear(); }

// The newest counts: some servers give the same id again and again.
Conversation::TurnPointer Conversation::Find(std::string_view response_id) const {
  const auto found =
      std::find_if(turns_.rbegin(), turns_.rend(), [&](const auto& entry) { return entry.first == response_id; });
  return found == turns_.rend() ? nullptr : found->second;
}

std::size_t Conversation::BytesUpTo(const TurnPointer& turn) { return turn ? turn->total : 0; }

std::string Conversation::ItemsUpTo(const TurnPointer& turn) {
  std::vector<const Turn*> chain;
  for (const Turn* one = turn.get(); one; one = one->previous.get()) chain.push_back(one);
  std::string items;
  items.reserve(BytesUpTo(turn) + chain.size());
  for (auto one = chain.rbegin(); one != chain.rend(); ++one) {
    if (!items.empty() && !(*one)->items.empty()) items.append(",");
    items.append((*one)->items);
  }
  return items;
}

void Conversation::Remember(std::string response_id, TurnPointer previous, std::string items) {
  const std::size_t size = items.size();
  if (size + BytesUpTo(previous) > most_bytes_) return budget_.Forgot();
  while (!turns_.empty() && (turns_.size() >= kMostResponses || bytes_ + size > most_bytes_)) ForgetOldest();
  if (!budget_.Take(size)) return budget_.Forgot();
  turns_.emplace_back(std::move(response_id), std::make_shared<Turn>(*this, std::move(previous), std::move(items)));
}

// Its items stay for as long as a newer response goes on from it.
void Conversation::ForgetOldest() { turns_.pop_front(); }

}  // namespace wayleave::gateway
