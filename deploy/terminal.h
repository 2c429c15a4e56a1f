#pragma once

#include <termios.h>

#include <chrono>
#include <string_view>

#include "deploy/top_view.h"

namespace wayleave::deploy {

// The whole terminal, taken over: the alternate screen, no cursor, no echo. The destructor gives everything back as it
// was, also after SIGINT, SIGTERM and SIGHUP, which end in Event::kQuit. One at a time; main thread, after
// BlockSignals().
class Terminal {
 public:
  enum class Event { kTime, kResized, kQuit };

  Terminal();
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  // Whether standard output and input are terminals.
  static bool Usable();
  // For this thread and those that are started later: so before any other thread is started.
  static void BlockSignals();

  TopSize size() const;
  // Lines that end in newlines, from the upper left corner; what was on the screen goes.
  void Show(std::string_view frame);
  // Waits for so long, for a new size, or for "q" and its like.
  Event Wait(std::chrono::milliseconds time);

 private:
  termios before_{};
  int signals_ = -1;
};

}  // namespace wayleave::deploy
