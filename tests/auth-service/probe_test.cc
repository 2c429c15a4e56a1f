#include "auth-service/probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wayleave::auth {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Demand DemandOf(Measure measure, const std::string& scope, const std::string& tenant, const std::string& name) {
  Demand demand;
  demand.measure = measure;
  demand.scope = scope;
  demand.tenant = tenant;
  demand.name = name;
  return demand;
}

v1::Standing StandingOf(std::int64_t used, std::int64_t limit) {
  v1::Standing standing;
  standing.set_used(used);
  standing.set_limit(limit);
  return standing;
}

class ProbeTest : public ::testing::Test {
 protected:
  metrics::Registry registry_{"auth"};
  Probe probe_{registry_};
};

TEST_F(ProbeTest, TellsWhatIsLeftOfBudgets) {
  probe_.Show({DemandOf(v1::Standing::MEASURE_DAY, "user", "t", "ann"),
               DemandOf(v1::Standing::MEASURE_DAY, "user", "other", "ann"),
               DemandOf(v1::Standing::MEASURE_MONTH, "tenant", "t", "t")},
              {StandingOf(2'000'000'000, 8'000'000'000), StandingOf(0, 1'000'000'000),
               StandingOf(3'000'000'000, 2'000'000'000)});

  const std::string text = registry_.Render();
  EXPECT_THAT(text, HasSubstr(R"(wayleave_auth_budget_left_usd{name="ann",period="day",scope="user",tenant="t"} 6)"));
  EXPECT_THAT(text,
              HasSubstr(R"(wayleave_auth_budget_left_usd{name="ann",period="day",scope="user",tenant="other"} 1)"));
  EXPECT_THAT(text,
              HasSubstr(R"(wayleave_auth_budget_used_ratio{name="ann",period="day",scope="user",tenant="t"} 0.25)"));
  EXPECT_THAT(text, HasSubstr(R"(wayleave_auth_budget_left_usd{name="t",period="month",scope="tenant",tenant="t"} 0)"));
  EXPECT_THAT(text, HasSubstr(R"(wayleave_auth_budget_used_usd{name="t",period="month",scope="tenant",tenant="t"} 3)"));
  EXPECT_THAT(text, HasSubstr("wayleave_auth_budgets_untold 0\n"));
}

TEST_F(ProbeTest, TellsOfNoKeyAndOfNoMoreThanAThousandBudgets) {
  std::vector<Demand> budgets{DemandOf(v1::Standing::MEASURE_DAY, "key", "t", "key_1")};
  for (int i = 0; i < 1003; ++i) budgets.push_back(DemandOf(v1::Standing::MEASURE_DAY, "user", "t", std::to_string(i)));

  probe_.Show(budgets, std::vector<v1::Standing>(budgets.size(), StandingOf(1, 2)));

  EXPECT_THAT(registry_.Render(), HasSubstr("wayleave_auth_budgets_untold 3\n"));
  EXPECT_THAT(registry_.Render(), Not(HasSubstr("key_1")));
}

TEST_F(ProbeTest, CountsRefusalsByLimitAndByWhoseItIs) {
  EXPECT_THAT(registry_.Render(), HasSubstr(R"(wayleave_auth_limit_refusals_total{limit="month",scope="key"} 0)"));
  Ledger::Totals totals;
  Count(DemandOf(v1::Standing::MEASURE_TOKENS, "user", "t", "ann"), totals.refusals);
  Count(DemandOf(v1::Standing::MEASURE_TOKENS, "user", "t", "bob"), totals.refusals);
  Count(DemandOf(v1::Standing::MEASURE_CONCURRENT, "key", "t", "k"), totals.refusals);

  probe_.Show(totals);
  probe_.Show(totals);

  const std::string text = registry_.Render();
  EXPECT_THAT(text, HasSubstr(R"(wayleave_auth_limit_refusals_total{limit="tokens",scope="user"} 2)"));
  EXPECT_THAT(text, HasSubstr(R"(wayleave_auth_limit_refusals_total{limit="concurrent",scope="key"} 1)"));
}

}  // namespace
}  // namespace wayleave::auth
