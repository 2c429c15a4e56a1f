#include "deploy/facts.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/time_util.h>
#include <gtest/gtest.h>

namespace wayleave::deploy {
namespace {

using google::protobuf::util::TimeUtil;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

TEST(FactsOf, EveryArgumentBecomesAFact) {
  Description all;
  all.model = "auto";
  all.endpoint = "chat_completions";
  all.at = "2026-11-20T23:00:30+09:00";
  all.tenant = "research";
  all.user = "ann";
  all.session = "s1";
  all.headers = {"X-Team=lab=1", "x-empty="};
  all.labels = {"team=blue"};
  all.roles = {"intern,guest", "admin"};
  all.needs = {"tools,images", "reasoning"};
  all.input_tokens = 7;
  all.max_output_tokens = 8;
  all.budget_left = "15%";

  const auto facts = FactsOf(all);

  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->model(), "auto");
  EXPECT_EQ(facts->endpoint(), provider::v1::ENDPOINT_CHAT_COMPLETIONS);
  EXPECT_EQ(TimeUtil::ToString(facts->at()), "2026-11-20T14:00:30Z");
  EXPECT_EQ(facts->principal().tenant() + facts->principal().user() + facts->session(), "researchanns1");
  EXPECT_THAT(facts->headers(), UnorderedElementsAre(Pair("x-team", "lab=1"), Pair("x-empty", "")));
  EXPECT_THAT(facts->principal().labels(), UnorderedElementsAre(Pair("team", "blue")));
  EXPECT_THAT(facts->principal().roles(), ElementsAre("intern", "guest", "admin"));
  EXPECT_TRUE(facts->needs().tools() && facts->needs().images() && facts->needs().reasoning());
  EXPECT_EQ(facts->input_tokens(), 7);
  EXPECT_EQ(facts->max_output_tokens(), 8);
  EXPECT_DOUBLE_EQ(facts->principal().budget_left(), 0.15);
}

TEST(FactsOf, WithoutArgumentsItIsNowAndThereIsNoBudget) {
  const auto facts = FactsOf({});
  ASSERT_TRUE(facts);
  EXPECT_FALSE(facts->has_at());
  EXPECT_FALSE(facts->principal().has_budget_left());
  EXPECT_EQ(facts->principal().tenant(), "default");
  EXPECT_EQ(facts->endpoint(), provider::v1::ENDPOINT_RESPONSES);
}

TEST(FactsOf, TimesMayLeaveOutTheirSeconds) {
  for (const auto& [text, utc] : std::vector<std::pair<std::string, std::string>>{
           {"2026-11-20T23:00+09:00", "2026-11-20T14:00:00Z"},
           {"2026-11-20T23:00-05:30", "2026-11-21T04:30:00Z"},
           {"2026-11-20T23:00Z", "2026-11-20T23:00:00Z"},
           {"2026-11-20T23:00:01.5Z", "2026-11-20T23:00:01.500Z"}}) {
    Description description;
    description.at = text;
    const auto facts = FactsOf(description);
    ASSERT_TRUE(facts) << text;
    EXPECT_EQ(TimeUtil::ToString(facts->at()), utc);
  }
}

TEST(FactsOf, NamesTheArgumentThatIsWrong) {
  const auto with = [](auto change) {
    Description description;
    change(description);
    const auto facts = FactsOf(description);
    return facts ? "" : facts.error().message;
  };
  EXPECT_THAT(with([](auto& d) { d.endpoint = "ENDPOINT_RESPONSES"; }), HasSubstr("--endpoint"));
  EXPECT_THAT(with([](auto& d) { d.at = "23:00"; }), HasSubstr("--at"));
  EXPECT_THAT(with([](auto& d) { d.at = "2026-11-20T23:00"; }), HasSubstr("--at"));
  EXPECT_THAT(with([](auto& d) { d.headers = {"x-team"}; }), HasSubstr("--header"));
  EXPECT_THAT(with([](auto& d) { d.labels = {"=blue"}; }), HasSubstr("--key"));
  EXPECT_THAT(with([](auto& d) { d.needs = {"wings"}; }), HasSubstr("--needs"));
  EXPECT_THAT(with([](auto& d) { d.budget_left = "0.1"; }), HasSubstr("--budget-left"));
  EXPECT_THAT(with([](auto& d) { d.budget_left = "101%"; }), HasSubstr("--budget-left"));
}

}  // namespace
}  // namespace wayleave::deploy
