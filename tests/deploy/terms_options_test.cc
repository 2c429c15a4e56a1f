#include "deploy/terms_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <algorithm>

namespace wayleave::deploy {
namespace {

using auth::v1::Terms;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// What `options` make of `terms`.
Result<Terms> Applied(std::vector<std::string> options, Terms terms = {}) {
  CLI::App app;
  TermsOptions parsed;
  parsed.AddTo(app, true);
  std::reverse(options.begin(), options.end());
  app.parse(options);
  if (Status applied = parsed.ApplyTo(terms); !applied) return applied.error();
  return terms;
}

bool Empty(std::vector<std::string> options) {
  CLI::App app;
  TermsOptions parsed;
  parsed.AddTo(app, true);
  std::reverse(options.begin(), options.end());
  app.parse(options);
  return parsed.empty();
}

Result<Terms> AppliedForUsers(std::vector<std::string> options) {
  CLI::App app;
  TermsOptions tenants, users;
  tenants.AddTo(app, true);
  users.AddTo(app, true, "user-");
  std::reverse(options.begin(), options.end());
  app.parse(options);
  EXPECT_TRUE(tenants.empty());
  Terms terms;
  if (Status applied = users.ApplyTo(terms); !applied) return applied.error();
  return terms;
}

Terms Full() {
  return *Applied({"--daily",
                   "1",
                   "--monthly",
                   "30.5",
                   "--soft-daily",
                   "0.5",
                   "--soft-monthly",
                   "20",
                   "--rpm",
                   "60",
                   "--tpm",
                   "1000",
                   "--concurrent",
                   "3",
                   "--model",
                   "gpt-*",
                   "--model",
                   "claude",
                   "--provider",
                   "openai",
                   "--region",
                   "eu",
                   "--endpoint",
                   "responses",
                   "--address",
                   "10.0.0.0/8",
                   "--max-output-tokens",
                   "99",
                   "--hours",
                   "08:00-12:00",
                   "--hours",
                   "13:00-18:00",
                   "--days",
                   "mon,tue",
                   "--timezone",
                   "Europe/Berlin"});
}

TEST(TermsOptions, EachSaysItsTerm) {
  const Terms terms = Full();

  EXPECT_EQ(terms.daily().hard_nano_usd(), 1'000'000'000);
  EXPECT_EQ(terms.daily().soft_nano_usd(), 500'000'000);
  EXPECT_EQ(terms.monthly().hard_nano_usd(), 30'500'000'000);
  EXPECT_EQ(terms.monthly().soft_nano_usd(), 20'000'000'000);
  EXPECT_EQ(terms.limits().requests_per_minute(), 60);
  EXPECT_EQ(terms.limits().tokens_per_minute(), 1000);
  EXPECT_EQ(terms.limits().concurrent_requests(), 3);
  EXPECT_EQ(terms.max_output_tokens(), 99);
  EXPECT_THAT(terms.models(), ElementsAre("gpt-*", "claude"));
  EXPECT_THAT(terms.providers(), ElementsAre("openai"));
  EXPECT_THAT(terms.regions(), ElementsAre("eu"));
  EXPECT_THAT(terms.endpoints(), ElementsAre("responses"));
  EXPECT_THAT(terms.addresses(), ElementsAre("10.0.0.0/8"));
  EXPECT_THAT(terms.hours(), ElementsAre("08:00-12:00", "13:00-18:00"));
  EXPECT_THAT(terms.days(), ElementsAre("mon", "tue"));
  EXPECT_EQ(terms.timezone(), "Europe/Berlin");
}

TEST(TermsOptions, WhatIsNotNamedStays) {
  const auto changed = Applied({"--model", "demo", "--daily", "0"}, Full());

  ASSERT_TRUE(changed);
  Terms expected = Full();
  expected.mutable_daily()->set_hard_nano_usd(0);
  expected.clear_models();
  expected.add_models("demo");
  EXPECT_EQ(changed->SerializeAsString(), expected.SerializeAsString());
}

TEST(TermsOptions, EachCanBeTakenOutByItsName) {
  std::vector<std::string> all;
  for (const char* name :
       {"daily", "monthly", "soft-daily", "soft-monthly", "rpm", "tpm", "concurrent", "model", "provider", "region",
        "endpoint", "address", "max-output-tokens", "hours", "days", "timezone"}) {
    const auto without = Applied({"--clear", name}, Full());
    ASSERT_TRUE(without) << name;
    EXPECT_LT(InLines(*without).size(), InLines(Full()).size()) << name;
    all.insert(all.end(), {"--clear", name});
  }

  EXPECT_EQ(InLines(*Applied(all, Full())), "");
}

TEST(TermsOptions, ClearedAndSetAtOnceIsSet) {
  EXPECT_EQ(Applied({"--rpm", "5", "--clear", "rpm"}, Full())->limits().requests_per_minute(), 5);
}

TEST(TermsOptions, NamesTheOptionThatIsWrong) {
  EXPECT_THAT(Applied({"--soft-monthly", "1,5"}).error().message, HasSubstr("--soft-monthly"));
  EXPECT_THAT(Applied({"--clear", "wings"}).error().message, HasSubstr("soft-daily"));
  EXPECT_EQ(Applied({"--clear", "wings"}).error().code, Code::kInvalidArgument);
}

TEST(TermsOptions, KnowsWhetherAnythingWasNamed) {
  EXPECT_TRUE(Empty({}));
  EXPECT_FALSE(Empty({"--rpm", "0"}));
  EXPECT_FALSE(Empty({"--daily", "0"}));
  EXPECT_FALSE(Empty({"--daily", "nonsense"}));
  EXPECT_FALSE(Empty({"--clear", "rpm"}));
}

TEST(TermsOptions, AnOptionTakesOneValueSoThatANameMayFollow) {
  CLI::App app;
  TermsOptions parsed;
  parsed.AddTo(app, true);
  std::string name;
  app.add_option("name", name);

  std::vector<std::string> reversed{"research", "gpt-*", "--model"};
  app.parse(reversed);

  EXPECT_EQ(name, "research");
}

TEST(TermsInWords, SayWhatIsLimitedAndNothingElse) {
  EXPECT_EQ(InShort({}), "-");
  EXPECT_EQ(InShort(*Applied({"--daily", "2", "--soft-daily", "1", "--rpm", "60", "--model", "gpt-*"})),
            "2.00/day, soft 1.00/day, 60 rpm, gpt-*");
  EXPECT_EQ(InLines(*Applied({"--monthly", "0.000000001"})), "  budget               0.000000001 USD each month\n");
}

TEST(TermsOptions, StandBesideThoseForEachUser) {
  const Result<Terms> terms = AppliedForUsers({"--user-daily", "5", "--user-rpm", "20", "--user-model", "gpt-*"});
  ASSERT_TRUE(terms.ok());
  EXPECT_EQ(terms->daily().hard_nano_usd(), 5'000'000'000);
  EXPECT_EQ(terms->limits().requests_per_minute(), 20);
  EXPECT_THAT(terms->models(), ElementsAre("gpt-*"));

  EXPECT_THAT(AppliedForUsers({"--user-daily", "much"}).error().message, HasSubstr("--user-daily"));
  EXPECT_THAT(AppliedForUsers({"--user-clear", "much"}).error().message, HasSubstr("--user-clear: knows daily"));
}

}  // namespace
}  // namespace wayleave::deploy
