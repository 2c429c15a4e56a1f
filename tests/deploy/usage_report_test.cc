#include "deploy/usage_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

namespace wayleave::deploy {
namespace {

using auth::v1::Settlement;
using auth::v1::UsageSum;
using ::testing::HasSubstr;
using ::testing::Not;

Settlement Record(const std::string& id, const std::string& model, std::int64_t cost) {
  Settlement record;
  record.set_reservation_id(id);
  record.set_request_id("req_" + id);
  record.set_tenant("research");
  record.set_user("ann");
  record.set_key_id("key_1");
  record.set_endpoint("responses");
  record.set_model(model);
  record.set_provider("openai");
  record.set_outcome(auth::v1::OUTCOME_FAILED);
  record.mutable_started_at()->set_seconds(1'800'000'000);
  record.mutable_duration()->set_nanos(250'000'000);
  record.mutable_usage()->set_input_tokens(10);
  record.mutable_usage()->set_output_tokens(5);
  record.set_cost_nano_usd(cost);
  record.set_route_facts("facts");
  return record;
}

std::string Whole(UsageFormat format, const std::vector<std::vector<Settlement>>& pages) {
  UsageReport report(format, {});
  UsageSum total;
  std::string text = report.Begin();
  for (const auto& page : pages) {
    text += report.Page(page);
    for (const Settlement& record : page) AddTo(total, record);
  }
  return text + report.End(total);
}

TEST(UsageReport, CsvHasALineForEachRequestWithItsExactCost) {
  const std::string text =
      Whole(UsageFormat::kCsv, {{Record("a", "gpt", 1)}, {Record("b", "=cmd|'x'", 2'500'000'000)}});

  EXPECT_EQ(
      text,
      "time,tenant,user,key,endpoint,model,provider,upstream_model,session,outcome,input_tokens,cached_input_tokens,"
      "output_tokens,reasoning_tokens,images,estimated,duration_ms,cost_usd,request_id\r\n"
      "2027-01-15T08:00:00Z,research,ann,key_1,responses,gpt,openai,,,failed,10,0,5,0,0,false,250,0.000000001,req_a\r\n"
      "2027-01-15T08:00:00Z,research,ann,key_1,responses,'=cmd|'x',openai,,,failed,10,0,5,0,0,false,250,2.50,req_"
      "b\r\n");
}

TEST(UsageReport, JsonIsOneObjectOverAllPages) {
  const auto json = nlohmann::json::parse(Whole(UsageFormat::kJson, {{Record("a", "gpt", 1), Record("b", "\xff", 2)},
                                                                     {Record("c", "gpt", 9'007'199'254'740'993)}}));

  ASSERT_EQ(json["records"].size(), 3u);
  EXPECT_EQ(json["records"][0]["reservation_id"], "a");
  EXPECT_EQ(json["records"][2]["cost_nano_usd"], 9'007'199'254'740'993);
  EXPECT_EQ(json["records"][2]["cost_usd"], "9007199.254740993");
  EXPECT_FALSE(json["records"][0].contains("route_facts"));
  EXPECT_EQ(json["total"]["requests"], 3);
  EXPECT_EQ(json["total"]["failed"], 3);
  EXPECT_EQ(json["total"]["cost_usd"], "9007199.254740996");
}

TEST(UsageReport, JsonOfNothingIsAnEmptyList) {
  const auto json = nlohmann::json::parse(Whole(UsageFormat::kJson, {}));
  EXPECT_TRUE(json["records"].empty());
  EXPECT_EQ(json["total"]["cost_usd"], "0.00");
}

TEST(UsageReport, TheTableEndsWithTheExactTotal) {
  const std::string text = Whole(
      UsageFormat::kTable, {{Record("a", "gpt\x1b[2J", 100'000'000), Record("b", std::string(200, 'm'), 200'000'000)}});

  EXPECT_THAT(text, HasSubstr("TIME (UTC)"));
  EXPECT_THAT(text, HasSubstr("0.10 fail"));
  EXPECT_THAT(text,
              HasSubstr("Total: 2 requests (2 failed), 20 tokens in (0 cached), 10 out (0 reasoning), 0.30 USD."));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 102u);  // "…" has three bytes
}

TEST(UsageReport, SumsHaveAColumnForEachGroup) {
  UsageSum sum;
  sum.add_group("2026-11-25");
  sum.add_group("gpt");
  sum.set_requests(7);
  sum.set_cost_nano_usd(1'000'000'001);

  UsageReport csv(UsageFormat::kCsv, {"day", "model"});
  EXPECT_EQ(csv.Begin() + csv.Page(std::vector{sum}) + csv.End(sum),
            "day,model,requests,failed,input_tokens,cached_input_tokens,output_tokens,reasoning_tokens,cost_usd\r\n"
            "2026-11-25,gpt,7,0,0,0,0,0,1.000000001\r\n");

  UsageReport table(UsageFormat::kTable, {"day", "model"});
  EXPECT_EQ(table.Begin() + table.Page(std::vector{sum}),
            "DAY        MODEL REQUESTS FAILED IN CACHED OUT REASONING    COST USD\n"
            "2026-11-25 gpt          7      0  0      0   0         0 1.000000001\n");

  UsageReport json(UsageFormat::kJson, {"day", "model"});
  const auto read = nlohmann::json::parse(json.Begin() + json.Page(std::vector{sum}) + json.End(sum));
  EXPECT_EQ(read["sums"][0]["group"][1], "gpt");
}

}  // namespace
}  // namespace wayleave::deploy
