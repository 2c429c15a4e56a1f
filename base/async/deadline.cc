#include "base/async/deadline.h"

#include <utility>

namespace wayleave {
namespace {
constexpr std::chrono::milliseconds kTick{50};
}

Deadline::Deadline(DeadlineList& list, std::function<void()> on_expire)
    : list_(list), on_expire_(std::move(on_expire)) {
  list_.Add(*this);
}

Deadline::~Deadline() { list_.Remove(*this); }

void Deadline::Set(Clock::duration from_now) { at_ = Clock::now() + from_now; }

DeadlineList::DeadlineList(boost::asio::io_context& io) : timer_(io) {}

DeadlineList::~DeadlineList() = default;

void DeadlineList::Add(Deadline& d) {
  d.next_ = first_;
  if (first_) first_->previous_ = &d;
  first_ = &d;
  if (!armed_) Arm();
}

void DeadlineList::Remove(Deadline& d) {
  if (next_to_visit_ == &d) next_to_visit_ = d.next_;
  if (d.previous_) d.previous_->next_ = d.next_;
  if (d.next_) d.next_->previous_ = d.previous_;
  if (first_ == &d) first_ = d.next_;
}

void DeadlineList::Arm() {
  armed_ = true;
  timer_.expires_after(kTick);
  timer_.async_wait([this](boost::system::error_code ec) {
    if (!ec) Tick();
  });
}

void DeadlineList::Tick() {
  armed_ = false;
  const auto now = Deadline::Clock::now();
  // A callback may destroy any deadline, this one included; Remove() moves the cursor on.
  next_to_visit_ = first_;
  while (next_to_visit_) {
    Deadline& d = *next_to_visit_;
    next_to_visit_ = d.next_;
    if (d.at_ > now) continue;
    d.Clear();
    auto on_expire = d.on_expire_;
    on_expire();
  }
  if (first_ && !armed_) Arm();
}

}  // namespace wayleave
