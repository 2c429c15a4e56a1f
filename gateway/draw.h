#pragma once

#include <functional>

namespace wayleave::gateway {

// A number from 0 to below 1, drawn anew at each call. What draws is passed to what decides, so that tests know what is
// drawn. Must be thread-safe.
using Draw = std::function<double()>;

// Pseudo-random numbers of the thread's own generator: not for secrets.
double DrawAtRandom();

}  // namespace wayleave::gateway
