// The question and the answer of POST /v1/route/explain.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "gateway/errors.h"
#include "gateway/explain_answer.h"
#include "gateway/explain_request.h"

namespace wayleave::gateway {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

auth::v1::Principal Ann() {
  auth::v1::Principal ann;
  ann.set_user("ann");
  ann.mutable_policy()->add_models("big*");
  return ann;
}

TEST(ExplainBodyTest, AnEmptyOneAsksForTheDefault) {
  for (const char* body : {"", "{}"}) {
    const auto facts = ReadExplainBody(body, Ann());
    ASSERT_TRUE(facts) << facts.error().message;
    EXPECT_EQ(facts->model(), "");
    EXPECT_EQ(facts->endpoint(), provider::v1::ENDPOINT_RESPONSES);
    EXPECT_EQ(facts->input_tokens(), 0);
    EXPECT_EQ(facts->principal().user(), "ann");
    EXPECT_EQ(facts->principal().policy().models(0), "big*");
    EXPECT_FALSE(facts->has_at());
  }
}

TEST(ExplainBodyTest, EveryFactCanBeSaid) {
  const auto facts = ReadExplainBody(
      R"({"model": "big", "endpoint": "messages", "headers": {"X-Team": "lab", "X-Provider": "p", "Cookie": "c"},
          "at": "2026-11-20T23:00:00+09:00", "session": "s", "input_tokens": 7, "max_output_tokens": 8,
          "needs": ["tools", "images", "reasoning"]})",
      Ann());

  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(facts->model() + " " + facts->session(), "big s");
  EXPECT_EQ(facts->endpoint(), provider::v1::ENDPOINT_MESSAGES);
  EXPECT_EQ(facts->headers_size(), 2);
  EXPECT_EQ(facts->headers().at("x-team") + facts->headers().at("x-provider"), "labp");
  EXPECT_EQ(facts->at().seconds(), 1795183200);
  EXPECT_EQ(facts->input_tokens(), 7);
  EXPECT_EQ(facts->max_output_tokens(), 8);
  EXPECT_TRUE(facts->needs().tools() && facts->needs().images() && facts->needs().reasoning());
}

TEST(ExplainBodyTest, TheSecondsOfATimeMayBeLeftOut) {
  for (const char* at : {"2026-11-20T23:00+09:00", "2026-11-20T14:00Z", "2026-11-20T14:00:00Z"}) {
    const auto facts = ReadExplainBody(json{{"at", at}}.dump(), Ann());
    ASSERT_TRUE(facts) << at;
    EXPECT_EQ(facts->at().seconds(), 1795183200) << at;
  }
}

TEST(ExplainBodyTest, AWholeRequestIsReadLikeAnyOther) {
  const auto facts = ReadExplainBody(
      R"({"request": {"model": "big", "messages": [], "tools": [{}], "max_tokens": 9, "prompt_cache_key": "c"},
          "model": "other"})",
      Ann());

  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(facts->model(), "other");
  EXPECT_EQ(facts->endpoint(), provider::v1::ENDPOINT_CHAT_COMPLETIONS);
  EXPECT_EQ(facts->max_output_tokens(), 9);
  EXPECT_EQ(facts->session(), "c");
  EXPECT_TRUE(facts->needs().tools());
  EXPECT_GT(facts->input_tokens(), 15);
}

struct BadCase {
  const char* body;
  const char* says;
};

class BadExplainBodyTest : public ::testing::TestWithParam<BadCase> {};

TEST_P(BadExplainBodyTest, IsRefusedInWords) {
  const auto facts = ReadExplainBody(GetParam().body, Ann());

  ASSERT_FALSE(facts);
  EXPECT_EQ(facts.error().code, Code::kInvalidArgument);
  EXPECT_THAT(facts.error().message, HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadExplainBodyTest,
    ::testing::Values(BadCase{"[", "JSON object"}, BadCase{"[]", "JSON object"}, BadCase{R"({"modle": "x"})", "modle"},
                      BadCase{R"({"model": 1})", "\"model\" must be a text"},
                      BadCase{R"({"tenant": "other"})", "no field \"tenant\""},
                      BadCase{R"({"endpoint": "models"})", "responses, chat_completions"},
                      BadCase{R"({"headers": []})", "headers"}, BadCase{R"({"headers": {"a": 1}})", "headers.a"},
                      BadCase{R"({"at": "tomorrow"})", "2026-11-20T23:00:00+09:00"}, BadCase{R"({"at": 5})", "\"at\""},
                      BadCase{R"({"input_tokens": -1})", "0 or more"},
                      BadCase{R"({"max_output_tokens": "5"})", "0 or more"},
                      BadCase{R"({"needs": "tools"})", "list"}, BadCase{R"({"needs": ["speed"]})", "reasoning"},
                      BadCase{R"({"request": 5})", "object"}, BadCase{R"({"session": null})", "session"}));

router::v1::ExplainResponse Explained() {
  router::v1::ExplainResponse explained;
  router::v1::Step& step = *explained.add_steps();
  step.set_rule("night");
  step.set_reason("It is day.");
  return explained;
}

TEST(ExplanationTest, SaysWhatWasDecidedAndWhy) {
  router::v1::RouteResponse decision;
  decision.set_rule("exact");
  decision.set_reason("It is named so.");
  decision.set_pick(router::v1::PICK_WEIGHTED);
  decision.mutable_set()->set_max_output_tokens(5);
  router::v1::Target& target = *decision.add_targets();
  target.set_provider("p");
  target.set_model("m");
  target.set_reason("first");
  target.mutable_price()->set_input(1'250'000'000);
  decision.add_targets()->set_model("free");
  router::v1::PassedOver& other = *decision.add_passed_over();
  other.set_provider("q");
  other.set_why("it is sick");

  const json answer = json::parse(RenderExplanation(decision, Explained()));

  EXPECT_EQ(answer.at("rule"), "exact");
  EXPECT_EQ(answer.at("reason"), "It is named so.");
  EXPECT_EQ(answer.at("pick"), "weighted");
  EXPECT_EQ(answer.at("set"), (json{{"max_output_tokens", 5}}));
  EXPECT_EQ(answer.at("targets").at(0),
            (json{{"provider", "p"},
                  {"model", "m"},
                  {"reason", "first"},
                  {"price", {{"input", 1.25}, {"cached_input", 0.0}, {"output", 0.0}, {"reasoning", 0.0}, {"request", 0.0}, {"image", 0.0}}},
                  {"weight", 1.0},
                  {"continues", false},
                  {"trial", false}}));
  EXPECT_EQ(answer.at("targets").at(1).at("price"), nullptr);
  EXPECT_EQ(answer.at("passed_over"), json::array({{{"provider", "q"}, {"model", ""}, {"why", "it is sick"}}}));
  EXPECT_EQ(answer.at("steps"), json::array({{{"rule", "night"}, {"decided", false}, {"reason", "It is day."}}}));
}

TEST(ExplanationTest, ARefusalHasTheStepsBesideItsError) {
  http::Response refusal = ErrorResponse(Error{Code::kNotFound, "no such model", "model_not_found", {}});

  AddSteps(Explained(), refusal);

  const json body = json::parse(refusal.body);
  EXPECT_EQ(body.at("error").at("code"), "model_not_found");
  EXPECT_EQ(body.at("steps").at(0).at("reason"), "It is day.");
}

}  // namespace
}  // namespace wayleave::gateway
