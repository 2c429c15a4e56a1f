// Streams of providers that ignore their limit, where no more money can be had.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/gateway/gateway_fixture.h"

namespace wayleave::gateway {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::RawReply;
using ::testing::SizeIs;

const std::string kBegun = "data: begun\n\n";
const std::string kWords(400, 'w');
const std::string kEnding = "data: the end, as its dialect has it\n\n";

// A thousand billionths of a dollar for a token, and the client wants no more than 50.
class CutTest : public GatewayTest {
 protected:
  CutTest() {
    router_.route.mutable_targets(0)->mutable_price()->set_output(1'000'000'000);
    auth_.policy.set_priced_only(true);
    auth_.reserve_refusal = Error{Code::kResourceExhausted, "There is no more.", "budget_exceeded", {}};
    auth_.granted_first = 1;
  }
  RawReply AskForFifty() {
    return Ask(
        Request("POST", "/v1/responses", "", R"({"input":"hi","model":"big","stream":true,"max_output_tokens":50})"));
  }
};

TEST_F(CutTest, TellsTheProviderServiceHowLongTheStreamMayBecome) {
  Start();
  AskForFifty();

  const auto orders = provider_.requests();
  ASSERT_THAT(orders, SizeIs(1));
  const provider::v1::Allowance& allowance = orders[0].allowance();
  EXPECT_EQ(allowance.output_tokens(), 50);
  EXPECT_EQ(allowance.step(), 4096);
  EXPECT_EQ(allowance.bytes_per_token(), 4);
  EXPECT_EQ(allowance.before().input_tokens(), static_cast<std::int64_t>((orders[0].body().size() + 3) / 4));
  EXPECT_EQ(allowance.before().output_tokens(), 0);
}

TEST_F(CutTest, WithoutABudgetAllIsPaidFor) {
  auth_.policy.clear_priced_only();
  Start();
  AskForFifty();

  EXPECT_FALSE(provider_.requests().at(0).has_allowance());
}

TEST_F(CutTest, EndsAsTheProviderServiceSaysAndIsSettledAsAnEstimate) {
  provider_.Then(Script::Answers(kBegun).Cut(kEnding).Data(kWords).Stall());
  Start();

  const RawReply reply = AskForFifty();

  EXPECT_EQ(reply.body, kBegun + kEnding);
  EXPECT_EQ(provider_.cancelled, 1);
  EXPECT_THAT(auth_.reserved(), SizeIs(2));
  const auto settled = Settled();
  ASSERT_THAT(settled, SizeIs(1));
  EXPECT_EQ(settled[0].outcome(), auth::v1::OUTCOME_INCOMPLETE);
  EXPECT_TRUE(settled[0].estimated());
  EXPECT_EQ(settled[0].usage().output_tokens(), static_cast<std::int64_t>((kBegun.size() + 3) / 4));
}

TEST_F(CutTest, GoesOnWhereMoreIsHad) {
  auth_.granted_first = 2;
  provider_.Then(Script::Answers(kBegun).Cut(kEnding).Data(kWords).End());
  Start();

  EXPECT_EQ(AskForFifty().body, kBegun + kWords);
}

// The end of a cut holds only for what was delivered before it.
TEST_F(CutTest, AnEndThatIsOldIsNotTold) {
  provider_.Then(Script::Answers(kBegun).Cut(kEnding).Data("data: paid\n\n").Data(kWords).Stall());
  Start();

  const RawReply reply = AskForFifty();

  EXPECT_THAT(reply.body, Not(HasSubstr(kEnding)));
  EXPECT_THAT(reply.body, HasSubstr("event: response.failed\n"));
  EXPECT_THAT(reply.body, HasSubstr("budget_exceeded"));
  EXPECT_THAT(reply.body, Not(HasSubstr(kWords)));
}

}  // namespace
}  // namespace wayleave::gateway
