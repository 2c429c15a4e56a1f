#include "deploy/explanation.h"

#include <gtest/gtest.h>

namespace wayleave::deploy {
namespace {

router::v1::ExplainResponse Decided() {
  router::v1::ExplainResponse explanation;
  router::v1::RouteResponse& decision = *explanation.mutable_decision();
  decision.set_rule("night");
  decision.set_reason("cheap at night");
  router::v1::Target& first = *decision.add_targets();
  first.set_provider("ollama");
  first.set_model("gpt-oss:20b");
  first.set_reason("listed first");
  first.mutable_price()->set_input(1'250'000'000);
  first.mutable_price()->set_output(10'000'000'000);
  router::v1::Target& second = *decision.add_targets();
  second.set_provider("openai");
  second.set_model("gpt-5");
  second.set_weight(2);
  second.set_continues(true);
  second.set_trial(true);
  decision.set_pick(router::v1::PICK_WEIGHTED);
  decision.mutable_set()->set_reasoning_effort("low");
  decision.mutable_set()->set_max_output_tokens(4096);
  decision.mutable_set()->set_service_tier("flex");
  router::v1::PassedOver& other = *decision.add_passed_over();
  other.set_provider("inhouse");
  other.set_model("coder");
  other.set_why("it reads no images");
  router::v1::Step& step = *explanation.add_steps();
  step.set_rule("x-provider");
  step.set_reason("no such header");
  router::v1::Step& last = *explanation.add_steps();
  last.set_rule("night");
  last.set_decided(true);
  last.set_reason("cheap at night");
  return explanation;
}

TEST(InWords, TellsEverythingOfADecision) {
  EXPECT_EQ(InWords(Decided()),
            "rule         night: cheap at night\n"
            "targets      1. ollama/gpt-oss:20b  listed first; $1.25 in and $10 out for a million tokens\n"
            "             2. openai/gpt-5  weight 2; may carry on a broken answer; on trial after failures\n"
            "order        drawn anew for each request, by weight\n"
            "set          reasoning effort low\n"
            "set          at most 4096 output tokens\n"
            "set          service tier flex\n"
            "passed over  inhouse/coder: it reads no images\n"
            "steps        - x-provider: no such header\n"
            "             + night: cheap at night\n");
}

TEST(InWords, TellsWhyThereIsNoDecision) {
  router::v1::ExplainResponse refused;
  refused.set_refusal("The model `x` does not exist.");
  EXPECT_EQ(InWords(refused), "refused      The model `x` does not exist.\n");
}

TEST(AsJson, UsesTheNamesOfTheContract) {
  const std::string json = AsJson(Decided());
  EXPECT_NE(json.find("\"passed_over\""), std::string::npos) << json;
  EXPECT_NE(json.find("\"PICK_WEIGHTED\""), std::string::npos) << json;
}

}  // namespace
}  // namespace wayleave::deploy
