#pragma once

#include <string>

#include "wayleave/gateway/v1/live.pb.h"

namespace wayleave::deploy {

// What `wayleave top` shows of one moment.
struct TopView {
  gateway::v1::Live live;
  gateway::v1::Health health;
  // Why there is nothing newer; empty if all is well.
  std::string trouble;
};

struct TopSize {
  int columns = 80;
  int rows = 24;
};

// A frame of exactly so many lines or fewer, none longer than the size says, each ended by a newline; `colour` adds
// ANSI attributes, which take no place. Of a screen that is smaller than 40 by 8 as much as that. Pure.
std::string TopFrame(const TopView& view, TopSize size, bool colour);

}  // namespace wayleave::deploy
