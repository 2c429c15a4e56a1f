// Answers that break off and are carried on by the next target, in one stream and one settlement.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/gateway/gateway_fixture.h"

namespace wayleave::gateway {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::ElementsAre;
using testing::Eventually;
using testing::RawClient;
using testing::RawReply;
using ::testing::SizeIs;

constexpr const char* kCreated =
    "event: response.created\ndata: "
    "{\"type\":\"response.created\",\"sequence_number\":0,\"response\":{\"id\":\"resp_7\"}}\n\n";
constexpr const char* kDone = "event: response.completed\ndata: {\"type\":\"response.completed\"}\n\n";

int CountOf(const std::string& text, const std::string& part) {
  int n = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

class ContinueTest : public GatewayTest {
 protected:
  ContinueTest() {
    router_.route.mutable_targets(0)->set_continues(true);
    Price(*router_.route.mutable_targets(0), 1'000'000'000);
  }
  // Dollars for a million tokens, of input and output.
  static void Price(router::v1::Target& target, std::int64_t nano) {
    target.mutable_price()->set_input(nano);
    target.mutable_price()->set_output(nano);
  }
  router::v1::Target& AddContinuing(const std::string& provider, std::int64_t nano = 2'000'000'000) {
    router::v1::Target& target = router_.AddTarget(provider, provider);
    target.set_continues(true);
    Price(target, nano);
    return target;
  }
  json TerminalOf(const RawReply& reply) {
    EXPECT_EQ(CountOf(reply.body, "event: response.failed"), 1);
    return json::parse(reply.body.substr(reply.body.rfind("data: ") + 6));
  }
};

TEST_F(ContinueTest, TheNextTargetThatContinuesCarriesOnInTheSameStream) {
  router_.AddTarget("stubborn", "s");
  AddContinuing("beta");
  const std::string text = "data: some\n\n";
  provider_.Then(Script::Answers(kCreated).Data(text).Interrupted("where it stopped"));
  provider_.Then(Script::Answers("data: more\n\n").Data(kDone).End(provider::v1::FINISH_COMPLETED, 130, 5));
  Start();

  const RawReply reply = Ask(Responses(true));

  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, kCreated + text + "data: more\n\n" + kDone);
  const auto orders = provider_.requests();
  ASSERT_THAT(orders, SizeIs(2));
  EXPECT_TRUE(orders[0].may_continue());
  EXPECT_EQ(orders[0].resume(), "");
  EXPECT_EQ(orders[1].provider(), "beta");
  EXPECT_EQ(orders[1].resume(), "where it stopped");
  EXPECT_EQ(orders[1].body(), orders[0].body());
  EXPECT_FALSE(orders[1].may_continue());
  EXPECT_TRUE(Shows(R"(wayleave_gateway_continued_total{result="continued"} 1)"));
  const auto settled = Settled();
  EXPECT_THAT(router_.reports(), ElementsAre("alpha broken_stream", "beta ok"));
  ASSERT_THAT(settled, SizeIs(1));
  EXPECT_EQ(settled[0].outcome(), auth::v1::OUTCOME_COMPLETED);
  EXPECT_EQ(settled[0].provider(), "beta");
  // The first part is estimated from bytes, and priced as its target is.
  const auto part = [](std::size_t bytes) { return static_cast<std::int64_t>((bytes + 3) / 4); };
  const std::int64_t input = part(Body(true).size()), output = part((kCreated + text).size());
  EXPECT_TRUE(settled[0].estimated());
  EXPECT_EQ(settled[0].usage().input_tokens(), input + 130);
  EXPECT_EQ(settled[0].usage().output_tokens(), output + 5);
  EXPECT_EQ(settled[0].cost_nano_usd(), (input + output) * 1000 + (130 + 5) * 2000);
}

TEST_F(ContinueTest, ASecondBreakIsCarriedOnByAThird) {
  AddContinuing("beta");
  AddContinuing("gamma");
  provider_.Then(Script::Answers(kCreated).Interrupted("one"));
  provider_.Then(Script::Answers("data: b\n\n").Interrupted("two"));
  provider_.Then(Script::Answers(kDone).End());
  Start();

  const RawReply reply = Ask(Responses(true));

  EXPECT_EQ(reply.body, std::string(kCreated) + "data: b\n\n" + kDone);
  EXPECT_EQ(provider_.requests().at(2).resume(), "two");
  EXPECT_TRUE(Shows(R"(wayleave_gateway_continued_total{result="continued"} 2)"));
  EXPECT_THAT(Settled(), SizeIs(1));
  EXPECT_THAT(router_.reports(), ElementsAre("alpha broken_stream", "beta broken_stream", "gamma ok"));
}

TEST_F(ContinueTest, ATargetThatFailsToCarryOnLeadsToTheNext) {
  AddContinuing("beta");
  AddContinuing("gamma");
  provider_.Then(Script::Answers(kCreated).Interrupted("one"));
  provider_.Then(Script::Fails(400, "invalid_prompt", false));
  provider_.Then(Script::Answers(kDone).End());
  Start();

  EXPECT_EQ(Ask(Responses(true)).body, std::string(kCreated) + kDone);

  EXPECT_EQ(provider_.requests().at(2).provider() + " " + provider_.requests().at(2).resume(), "gamma one");
  EXPECT_THAT(Settled(), SizeIs(1));
}

TEST_F(ContinueTest, IfNobodyCanTheClientHasOneTerminalEventOfTheFirstBreak) {
  AddContinuing("beta");
  provider_.Then(Script::Answers(kCreated).Interrupted("one", "server_error", "The provider fell silent."));
  provider_.Then(Script::Fails(503, "server_is_overloaded", true));
  Start();

  const RawReply reply = Ask(Responses(true));

  EXPECT_TRUE(reply.whole);
  const json event = TerminalOf(reply);
  EXPECT_EQ(event.at("response").at("id"), "resp_7");
  EXPECT_EQ(event.at("sequence_number"), 1);
  EXPECT_EQ(event.at("response").at("error").at("code"), "server_error");
  EXPECT_EQ(event.at("response").at("error").at("message"), "The provider fell silent.");
  EXPECT_TRUE(Shows(R"(wayleave_gateway_continued_total{result="failed"} 1)"));
  const auto settled = Settled();
  ASSERT_THAT(settled, SizeIs(1));
  EXPECT_EQ(settled[0].outcome(), auth::v1::OUTCOME_FAILED);
  EXPECT_GT(settled[0].usage().output_tokens(), 0);
}

// The last one is not asked to leave the end to the gateway, and tells the client itself.
TEST_F(ContinueTest, TheLastTargetTellsOfItsOwnBreak) {
  AddContinuing("beta");
  provider_.Then(Script::Answers(kCreated).Interrupted("one"));
  provider_.Then(Script::Answers("data: b\n\n").Data("event: response.failed\ndata: {}\n\n").End(
      provider::v1::FINISH_FAILED));
  Start();

  const RawReply reply = Ask(Responses(true));

  TerminalOf(reply);
  EXPECT_THAT(Settled(), SizeIs(1));
  EXPECT_THAT(router_.reports(), ElementsAre("alpha broken_stream", "beta broken_stream"));
}

TEST_F(ContinueTest, AServiceThatDiesWhileCarryingOnIsNotTakenForTheFirstBreak) {
  AddContinuing("beta");
  provider_.Then(Script::Answers(kCreated).Interrupted("one", "server_error", "The provider fell silent."));
  provider_.Then(Script::Answers("data: b\n\n").Data("data: c\n\n").Dies(Code::kUnavailable));
  Start();

  const json event = TerminalOf(Ask(Responses(true)));

  EXPECT_EQ(event.at("response").at("error").at("message"), "The connection to the model broke off. Please try again.");
  EXPECT_EQ(event.at("sequence_number"), 3);
  EXPECT_THAT(Settled(), SizeIs(1));
}

TEST_F(ContinueTest, AClientThatLeavesWhileItIsCarriedOnPaysForWhatItHad) {
  AddContinuing("beta");
  provider_.Then(Script::Answers("12345678").Interrupted("one")).Then(Script::Stalls());
  Start();
  RawClient client(port_);
  client.Send(Responses(true));
  ASSERT_TRUE(Eventually([&] { return provider_.stalled == 1; }));

  client.Close();

  EXPECT_TRUE(Eventually([&] { return provider_.cancelled == 1; }));
  const auto settled = Settled();
  ASSERT_THAT(settled, SizeIs(1));
  EXPECT_EQ(settled[0].outcome(), auth::v1::OUTCOME_CANCELLED);
  EXPECT_EQ(settled[0].usage().output_tokens(), 2);
}

TEST_F(ContinueTest, TimeThatRunsOutWhileItIsCarriedOnIsTold) {
  config_.total_timeout = 100ms;
  AddContinuing("beta");
  provider_.Then(Script::Answers(kCreated).Interrupted("one")).Then(Script::Stalls());
  Start();

  EXPECT_EQ(TerminalOf(Ask(Responses(true))).at("response").at("error").at("code"), "timeout");

  EXPECT_THAT(Settled(), SizeIs(1));
}

TEST_F(ContinueTest, OnlyStreamsOfTargetsThatContinueAreAskedFor) {
  Start();
  Ask(Responses(true));  // nobody could go on
  router_.AddTarget("beta", "b");
  Ask(Responses(true));  // the other does not continue
  AddContinuing("gamma");
  Ask(Responses(false));  // a document
  router_.route.mutable_targets(0)->set_continues(false);
  Ask(Responses(true));  // the first does not

  for (const auto& order : provider_.requests()) EXPECT_FALSE(order.may_continue());
}

}  // namespace
}  // namespace wayleave::gateway
