#include "gateway/pick.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace wayleave::gateway {
namespace {

using router::v1::Target;
using Targets = google::protobuf::RepeatedPtrField<Target>;

constexpr double kMoreThanShare = 1.25;
constexpr double kAlwaysAllowed = 2;

double WeightOf(const Target& target) { return target.weight() > 0 ? target.weight() : 1; }

int FirstNotOnTrial(const Targets& targets) {
  const auto first = std::find_if_not(targets.begin(), targets.end(), [](const Target& t) { return t.trial(); });
  return static_cast<int>(first - targets.begin());
}

double WeightFrom(const Targets& targets, int from) {
  return std::accumulate(targets.begin() + from, targets.end(), 0.0,
                         [](double sum, const Target& target) { return sum + WeightOf(target); });
}

// The one at which `at` lies, if the targets' weights are laid end to end.
int TargetAt(const Targets& targets, int from, double at) {
  int i = from;
  while (i + 1 < targets.size() && at >= WeightOf(targets[i])) at -= WeightOf(targets[i++]);
  return i;
}

void DrawByWeight(Targets& targets, int from, const Draw& draw) {
  for (int i = from; i + 1 < targets.size(); ++i) {
    const int drawn = TargetAt(targets, i, draw() * WeightFrom(targets, i));
    std::rotate(targets.pointer_begin() + i, targets.pointer_begin() + drawn, targets.pointer_begin() + drawn + 1);
  }
}

// Puts them in the order of what `score` says of each; equals stay as listed.
template <class Score>
void SortBy(Targets& targets, int from, Score score) {
  std::vector<std::pair<double, Target*>> scored;
  for (int i = from; i < targets.size(); ++i) scored.emplace_back(score(targets[i]), targets.Mutable(i));
  std::stable_sort(scored.begin(), scored.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  auto to = targets.pointer_begin() + from;
  for (const auto& [unused, target] : scored) *to++ = target;
}

void LeastBusyFirst(Targets& targets, int from, const InFlightOf& in_flight) {
  SortBy(targets, from, [&](const Target& target) { return in_flight(target) / WeightOf(target); });
}

void BusiestLast(Targets& targets, int from, const InFlightOf& in_flight) {
  double all = 1;  // this request, too
  for (int i = from; i < targets.size(); ++i) all += in_flight(targets[i]);
  const double weight = WeightFrom(targets, from);
  SortBy(targets, from, [&](const Target& target) {
    const double most = std::ceil(kMoreThanShare * all * WeightOf(target) / weight);
    return in_flight(target) + 1 > std::max(most, kAlwaysAllowed) ? 1 : 0;
  });
}

}  // namespace

void Arrange(router::v1::RouteResponse& route, const InFlightOf& in_flight, const Draw& draw) {
  if (route.targets_size() < 2) return;
  Targets& targets = *route.mutable_targets();
  const int from = FirstNotOnTrial(targets);
  if (targets.size() - from < 2) return;
  if (route.pick() == router::v1::PICK_WEIGHTED) DrawByWeight(targets, from, draw);
  if (route.pick() == router::v1::PICK_LEAST_BUSY) LeastBusyFirst(targets, from, in_flight);
  if (route.pick() == router::v1::PICK_BOUNDED) BusiestLast(targets, from, in_flight);
}

}  // namespace wayleave::gateway
