#include "base/app/second_signal.h"

#include <pthread.h>
#include <signal.h>

#include "base/log/log.h"

namespace wayleave::app {
namespace {

constexpr std::chrono::milliseconds kSameWish{300};

}  // namespace

SecondSignal::SecondSignal() : thread_([this] { Wait(); }) {}

// The thread is woken by a signal to itself alone.
SecondSignal::~SecondSignal() {
  over_ = true;
  pthread_kill(thread_.native_handle(), SIGTERM);
  thread_.join();
}

void SecondSignal::Wait() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  int signal_number = 0;
  do sigwait(&set, &signal_number);
  while (!over_ && std::chrono::steady_clock::now() < first_ + kSameWish);
  if (over_) return;
  log::Warning("stopping_now", {{"advice", "a second signal came: what is still in progress is cut"}});
  hurry_.request_stop();
  while (!over_) sigwait(&set, &signal_number);
}

}  // namespace wayleave::app
