#include "gateway/pause.h"

#include "base/async/worker.h"

namespace wayleave::gateway {

Task<void> Pause::For(std::chrono::milliseconds time) {
  if (ended_) co_return;
  timer_.emplace(Worker::Current()->io(), time);
  auto start = [this](auto handler) { timer_->async_wait(std::move(handler)); };
  co_await Callback<boost::system::error_code>(start);
  timer_.reset();
}

void Pause::End() {
  ended_ = true;
  if (timer_) timer_->cancel();
}

}  // namespace wayleave::gateway
