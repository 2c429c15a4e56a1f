#pragma once

#include <string>

#include "bench/load/generator.h"
#include "bench/load/options.h"
#include "bench/load/tally.h"

namespace wayleave::bench::load {

// The result of a run as one JSON object. Times are microseconds, memory KiB.
std::string Report(const Options& options, Tally& tally, const Span& span);

}  // namespace wayleave::bench::load
