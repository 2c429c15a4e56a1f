// The index may only leave out routes that don't hold: with it and without it every request is decided alike.
#include "router-service/route_index.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/router-service/routing.h"

namespace wayleave::router {
namespace {

class Random {
 public:
  int Below(int n) { return static_cast<int>(engine_() % static_cast<unsigned>(n)); }
  bool Chance(int percent) { return Below(100) < percent; }
  std::string Name(const char* stem) { return stem + std::to_string(Below(4)); }

 private:
  std::mt19937 engine_{20261125};
};

// One condition, with a name, two names, or a glob.
std::string Value(Random& random, const char* stem) {
  if (random.Chance(10)) return "\"" + std::string(stem) + "*\"";
  if (random.Chance(10)) return "\"*" + std::to_string(random.Below(4)) + "\"";
  if (random.Chance(10)) return "\"" + random.Name(stem) + "*\"";
  if (random.Chance(20)) return "[" + random.Name(stem) + ", " + random.Name(stem) + "]";
  if (random.Chance(10)) return "[" + random.Name(stem) + ", \"" + std::string(stem) + "3*\"]";
  return random.Name(stem);
}

std::string Condition(Random& random, int kind) {
  switch (kind) {
    case 0:
      return "model: " + Value(random, "m");
    case 1:
      return "tenant: " + Value(random, "t");
    case 2:
      return "user: " + Value(random, "u");
    case 3:
      return "role: " + Value(random, "r");
    case 4:
      return "key: {" + random.Name("l") + ": " + Value(random, "v") + "}";
    case 5:
      return "header: {X-" + random.Name("h") + ": " + Value(random, "w") + ", x-h0: \"*\"}";
    case 6:
      return std::string("endpoint: ") + (random.Chance(50) ? "responses" : "[chat, messages]");
    case 7:
      return std::string("needs: ") + (random.Chance(50) ? "[images, tools]" : "reasoning");
    case 8:
      return "budget_left_below: 50%";
    default:
      return "input_tokens_above: 100";
  }
}

std::string Routes(Random& random, int count) {
  std::string yaml = "providers: {a: {}}\nmodels: {m0: [a/x], m1: [a/x], m2: [a/x], m3: [a/x]}\nroutes:\n";
  for (int i = 0; i < count; ++i) {
    const int first = random.Below(10), second = random.Below(10);
    std::string when = Condition(random, first);
    if (second != first) when += ", " + Condition(random, second);
    yaml += "- {name: n" + std::to_string(i) + ", use: [a/y], when: {" + when + "}}\n";
  }
  return yaml;
}

v1::RouteRequest Request(Random& random) {
  v1::RouteRequest request = RequestOf({random.Name("m")});
  request.set_endpoint(random.Chance(50) ? provider::v1::ENDPOINT_RESPONSES : provider::v1::ENDPOINT_CHAT_COMPLETIONS);
  request.set_input_tokens(random.Below(200));
  auth::v1::Principal& principal = *request.mutable_principal();
  principal.set_tenant(random.Name("t"));
  if (random.Chance(80)) principal.set_user(random.Name("u"));
  if (random.Chance(60)) principal.add_roles(random.Name("r"));
  if (random.Chance(60)) (*principal.mutable_labels())[random.Name("l")] = random.Name("v");
  if (random.Chance(40)) principal.set_budget_left(random.Below(100) / 100.0);
  for (int i = random.Below(3); i > 0; --i) (*request.mutable_headers())["x-" + random.Name("h")] = random.Name("w");
  request.mutable_needs()->set_tools(random.Chance(50));
  request.mutable_needs()->set_images(random.Chance(50));
  request.mutable_needs()->set_reasoning(random.Chance(50));
  return request;
}

TEST(RouteIndex, ChangesNoDecision) {
  Random random;
  int by_route = 0;
  for (int round = 0; round < 40; ++round) {
    const auto snapshot = SnapshotOf(Routes(random, 40));
    ASSERT_TRUE(snapshot->route_index().worthwhile());
    for (int i = 0; i < 200; ++i) {
      const v1::RouteRequest request = Request(random);
      std::vector<v1::Step> steps;  // whoever wants them has each route asked
      const auto one_by_one = Decide(request, *snapshot, &steps);
      const auto indexed = Decide(request, *snapshot);
      ASSERT_TRUE(one_by_one && indexed);
      EXPECT_EQ(indexed->response.rule(), one_by_one->response.rule()) << request.ShortDebugString();
      by_route += indexed->response.rule().starts_with("route:") ? 1 : 0;
    }
  }
  EXPECT_GT(by_route, 4000) << "most requests are to fulfil some route";
  EXPECT_LT(by_route, 8000);
}

TEST(RouteIndex, AsksOnlyTheRoutesThatSpeakOfTheRequest) {
  std::string yaml = "providers: {a: {}}\nmodels: {m: [a/x]}\nroutes:\n";
  for (int i = 0; i < 100; ++i) {
    yaml += "- {name: n" + std::to_string(i) + ", use: [a/y], when: {endpoint: responses, tenant: t" + std::to_string(i) + "}}\n";
  }
  const auto snapshot = SnapshotOf(yaml);
  v1::RouteRequest request = RequestOf({"m"});
  request.set_endpoint(provider::v1::ENDPOINT_RESPONSES);
  request.mutable_principal()->set_tenant("t7");

  EXPECT_EQ(snapshot->route_index().MayFit(MarksOf(request, "m")), std::vector<std::uint32_t>{7});
}

TEST(RouteIndex, AFewRoutesAreAskedOneByOne) {
  EXPECT_FALSE(SnapshotOf("providers: {a: {}}\nmodels: {m: [a/x]}\nroutes: [{name: r, use: [a/y]}]")
                   ->route_index().worthwhile());
}

}  // namespace
}  // namespace wayleave::router
