#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include "router-service/snapshot.h"

namespace wayleave::router {

// The names that choose a model by themselves, where nothing else is called so.
inline constexpr char kAuto[] = "auto";
inline constexpr char kAutoAccuracy[] = "auto:accuracy";
inline constexpr char kAutoCost[] = "auto:cost";

// The most targets that one decision chooses from where none are named.
inline constexpr std::size_t kMostAutomatic = 16;

// What `auto` chooses from if no model of that name is configured: the targets of the configured models, then what
// providers tell of, without those that hold no conversations, and without the provider `demo` if there is another.
// At most kMostAutomatic: the most accurate, or the cheapest at a time, as far as `targets` and `prices` say; else in
// that order.
std::vector<TargetName> MostAccurate(const Snapshot& snapshot);
std::vector<TargetName> Cheapest(const Snapshot& snapshot, std::chrono::system_clock::time_point at);

}  // namespace wayleave::router
