#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "router-service/strategies/strategy.h"

namespace wayleave::router {

// Sorts by `key(candidate)`, the smallest first; equals stay as listed. The key is asked for once each.
template <class Key>
void RankBy(std::vector<Candidate>& candidates, Key key) {
  std::vector<std::pair<double, std::size_t>> ranks;
  ranks.reserve(candidates.size());
  for (std::size_t i = 0; i < candidates.size(); ++i) ranks.emplace_back(key(candidates[i]), i);
  std::sort(ranks.begin(), ranks.end());
  std::vector<Candidate> ranked;
  ranked.reserve(candidates.size());
  for (const auto& [rank, i] : ranks) ranked.push_back(std::move(candidates[i]));
  candidates = std::move(ranked);
}

// A number for people, with at most three digits that matter.
inline std::string Shortly(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", number);
  return text;
}

}  // namespace wayleave::router
