#include "auth-service/ledger/sliding_window.h"

namespace wayleave::auth {
namespace {

constexpr std::chrono::milliseconds kSlot{200};

}  // namespace

std::int64_t SlidingWindow::SlotOf(Time time) { return time.time_since_epoch() / kSlot; }

void SlidingWindow::MoveTo(std::int64_t slot) {
  if (slot - newest_ >= kSlots) {
    slots_.fill(0);
    used_ = 0;
    newest_ = slot;
  }
  while (newest_ < slot) {
    ++newest_;
    std::int64_t& oldest = slots_[static_cast<std::size_t>(newest_ % kSlots)];
    used_ -= oldest;
    oldest = 0;
  }
}

std::int64_t SlidingWindow::Used(Time now) {
  MoveTo(SlotOf(now));
  return used_;
}

// A clock that was set back takes in the newest slot: nothing is there again too soon.
void SlidingWindow::Take(std::int64_t amount, Time now) {
  MoveTo(SlotOf(now));
  slots_[static_cast<std::size_t>(newest_ % kSlots)] += amount;
  used_ += amount;
  taken_ = newest_;
}

Time SlidingWindow::WhenFree(Time now) { return Used(now) == 0 ? now : Time(kSlot * (taken_ + kSlots)); }

void SlidingWindow::Correct(std::int64_t slot, std::int64_t amount) {
  if (slot > newest_ || newest_ - slot >= kSlots) return;
  slots_[static_cast<std::size_t>(slot % kSlots)] += amount;
  used_ += amount;
}

Time SlidingWindow::WhenAtMost(std::int64_t most, Time now) {
  std::int64_t left = Used(now);
  for (std::int64_t slot = newest_ - kSlots + 1; slot <= newest_; ++slot) {
    if (left <= most) return slot == newest_ - kSlots + 1 ? now : Time(kSlot * (slot + kSlots - 1));
    left -= slots_[static_cast<std::size_t>(((slot % kSlots) + kSlots) % kSlots)];
  }
  return Time(kSlot * (newest_ + kSlots));
}

}  // namespace wayleave::auth
