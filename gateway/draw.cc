#include "gateway/draw.h"

#include <random>

namespace wayleave::gateway {

double DrawAtRandom() {
  thread_local std::minstd_rand generator{std::random_device{}()};
  return static_cast<double>(generator() - std::minstd_rand::min()) /
         (static_cast<double>(std::minstd_rand::max() - std::minstd_rand::min()) + 1);
}

}  // namespace wayleave::gateway
