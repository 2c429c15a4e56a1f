#include "gateway/pick.h"

#include <gtest/gtest.h>

#include <map>

namespace wayleave::gateway {
namespace {

using router::v1::Pick;
using router::v1::RouteResponse;
using router::v1::Target;

struct Given {
  std::string model;
  double weight = 0;
  int in_flight = 0;
  bool trial = false;
};

// The models in the order in which they are asked: "b a c".
std::string Order(Pick pick, const std::vector<Given>& given, const Draw& draw = [] { return 0.0; }) {
  RouteResponse route;
  route.set_pick(pick);
  std::map<std::string, int> in_flight;
  for (const Given& one : given) {
    Target& target = *route.add_targets();
    target.set_model(one.model);
    target.set_weight(one.weight);
    target.set_trial(one.trial);
    in_flight[one.model] = one.in_flight;
  }
  Arrange(route, [&](const Target& target) { return in_flight.at(target.model()); }, draw);
  std::string order;
  for (const Target& target : route.targets()) order += (order.empty() ? "" : " ") + target.model();
  return order;
}

struct PickCase {
  const char* name;
  Pick pick;
  std::vector<Given> given;
  double drawn;
  const char* order;

  friend void PrintTo(const PickCase& test, std::ostream* out) { *out << test.name; }
};

class PickTest : public ::testing::TestWithParam<PickCase> {};

TEST_P(PickTest, PutsTheTargetsInOrder) {
  EXPECT_EQ(Order(GetParam().pick, GetParam().given, [] { return GetParam().drawn; }), GetParam().order);
}

INSTANTIATE_TEST_SUITE_P(
    All, PickTest,
    ::testing::ValuesIn(std::vector<PickCase>{
        {"None", router::v1::PICK_WEIGHTED, {}, 0.5, ""},
        {"One", router::v1::PICK_LEAST_BUSY, {{"a", 1, 9}}, 0.5, "a"},
        {"NotSaid", router::v1::PICK_UNSPECIFIED, {{"a", 1, 9}, {"b", 9, 0}}, 0.9, "a b"},
        {"AsListed", router::v1::PICK_AS_LISTED, {{"a", 1, 9}, {"b", 9, 0}}, 0.9, "a b"},
        {"WeightedLow", router::v1::PICK_WEIGHTED, {{"a", 1}, {"b", 2}, {"c", 1}}, 0.0, "a b c"},
        {"WeightedMiddle", router::v1::PICK_WEIGHTED, {{"a", 1}, {"b", 2}, {"c", 1}}, 0.5, "b c a"},
        {"WeightedHigh", router::v1::PICK_WEIGHTED, {{"a", 1}, {"b", 2}, {"c", 1}}, 0.999, "c b a"},
        {"WeightedWithoutWeights", router::v1::PICK_WEIGHTED, {{"a"}, {"b"}}, 0.5, "b a"},
        {"LeastBusy", router::v1::PICK_LEAST_BUSY, {{"a", 1, 3}, {"b", 1, 1}, {"c", 1, 2}}, 0, "b c a"},
        {"LeastBusyForItsWeight", router::v1::PICK_LEAST_BUSY, {{"a", 1, 2}, {"b", 4, 4}, {"c", 1, 2}}, 0, "b a c"},
        {"EqualsAsListed", router::v1::PICK_LEAST_BUSY, {{"b", 1, 0}, {"a", 1, 0}}, 0, "b a"},
        {"BoundedIdle", router::v1::PICK_BOUNDED, {{"a"}, {"b"}, {"c"}}, 0, "a b c"},
        {"BoundedTwoAreAllowed", router::v1::PICK_BOUNDED, {{"a", 0, 1}, {"b"}, {"c"}}, 0, "a b c"},
        {"BoundedFull", router::v1::PICK_BOUNDED, {{"a", 0, 2}, {"b"}, {"c"}}, 0, "b c a"},
        {"BoundedByShare", router::v1::PICK_BOUNDED, {{"a", 0, 10}, {"b", 0, 9}, {"c", 0, 9}}, 0, "a b c"},
        {"BoundedMoreThanShare", router::v1::PICK_BOUNDED, {{"a", 0, 13}, {"b", 0, 8}, {"c", 0, 9}}, 0, "b c a"},
        {"BoundedByWeight", router::v1::PICK_BOUNDED, {{"a", 3, 6}, {"b", 1, 2}}, 0, "a b"},
        {"TrialStaysFirst", router::v1::PICK_LEAST_BUSY, {{"t", 1, 9, true}, {"a", 1, 3}, {"b", 1, 1}}, 0, "t b a"},
        {"TrialWithOneOther", router::v1::PICK_WEIGHTED, {{"t", 1, 0, true}, {"a", 9}}, 0.9, "t a"},
    }),
    [](const auto& test) { return std::string(test.param.name); });

TEST(WeightedPickTest, SharesAreAsTheWeightsSay) {
  std::map<std::string, int> first;
  for (int i = 0; i < 20'000; ++i) {
    ++first[Order(router::v1::PICK_WEIGHTED, {{"a", 6}, {"b", 3}, {"c", 1}}, DrawAtRandom).substr(0, 1)];
  }
  EXPECT_NEAR(first["a"], 12'000, 400);
  EXPECT_NEAR(first["b"], 6'000, 400);
  EXPECT_NEAR(first["c"], 2'000, 300);
}

}  // namespace
}  // namespace wayleave::gateway
