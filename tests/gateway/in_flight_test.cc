#include "gateway/in_flight.h"

#include <gtest/gtest.h>

#include <vector>

namespace wayleave::gateway {
namespace {

router::v1::Target TargetOf(const std::string& provider, const std::string& model) {
  router::v1::Target target;
  target.set_provider(provider);
  target.set_model(model);
  target.set_listed(true);
  return target;
}

class InFlightTest : public ::testing::Test {
 protected:
  bool Shows(const std::string& line) { return registry_.Render().find(line + "\n") != std::string::npos; }

  metrics::Registry registry_{"gateway"};
  InFlight in_flight_{registry_};
  const router::v1::Target a_ = TargetOf("p", "a");
  const router::v1::Target b_ = TargetOf("p", "b");
};

TEST_F(InFlightTest, CountsEachTargetForAsLongAsItsRequestsLast) {
  InFlight::Hold first = in_flight_.Begin(a_);
  {
    const InFlight::Hold second = in_flight_.Begin(a_);
    EXPECT_EQ(in_flight_.Of(a_), 2);
    EXPECT_EQ(in_flight_.Of(b_), 0);
    EXPECT_TRUE(Shows(R"(wayleave_gateway_target_requests_in_flight{model="a",provider="p"} 2)"));
  }
  EXPECT_EQ(in_flight_.Of(a_), 1);
  first.Release();
  first.Release();
  EXPECT_EQ(in_flight_.Of(a_), 0);
  EXPECT_TRUE(Shows(R"(wayleave_gateway_target_requests_in_flight{model="a",provider="p"} 0)"));
}

TEST_F(InFlightTest, AModelThatTheCatalogueDoesNotKnowIsNotNamed) {
  router::v1::Target invented = TargetOf("p", "a client's own words");
  invented.set_listed(false);

  const InFlight::Hold hold = in_flight_.Begin(invented);

  EXPECT_EQ(in_flight_.Of(invented), 1);
  EXPECT_TRUE(Shows(R"(wayleave_gateway_target_requests_in_flight{model="_other",provider="p"} 1)"));
  EXPECT_EQ(registry_.Render().find("own words"), std::string::npos);
}

TEST_F(InFlightTest, AHoldThatIsReplacedEnds) {
  InFlight::Hold hold = in_flight_.Begin(a_);

  hold = in_flight_.Begin(b_);

  EXPECT_EQ(in_flight_.Of(a_), 0);
  EXPECT_EQ(in_flight_.Of(b_), 1);
}

TEST_F(InFlightTest, ManyTargetsShareASeriesAndAreForgotten) {
  std::vector<InFlight::Hold> holds;
  for (int i = 0; i < 300; ++i) holds.push_back(in_flight_.Begin(TargetOf("p", std::to_string(i))));
  EXPECT_TRUE(Shows(R"(wayleave_gateway_target_requests_in_flight{model="_other",provider="_other"} 44)"));

  for (int i = 0; i < 5000; ++i) in_flight_.Begin(TargetOf("q", std::to_string(i)));

  EXPECT_EQ(in_flight_.Of(TargetOf("p", "7")), 1);
  holds.clear();
  EXPECT_EQ(in_flight_.Of(TargetOf("p", "7")), 0);
  EXPECT_TRUE(Shows(R"(wayleave_gateway_target_requests_in_flight{model="_other",provider="_other"} 0)"));
}

}  // namespace
}  // namespace wayleave::gateway
