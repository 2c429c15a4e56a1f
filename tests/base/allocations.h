#pragma once

#include <cstddef>

namespace wayleave::testing {

// How often this thread has allocated memory by now. Programs that link allocations.cc count.
std::size_t Allocations();

}  // namespace wayleave::testing
