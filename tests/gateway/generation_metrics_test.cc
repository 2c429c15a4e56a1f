#include "gateway/generation_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "gateway/error_labels.h"

namespace wayleave::gateway {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

const auto kStart = std::chrono::steady_clock::time_point(1h);

// A stream of 11 tokens: asked after 1 ms, the first event 250 ms later, the last after another 500 ms.
Record RecordOf(const std::string& tenant) {
  Record record;
  record.arrived = kStart;
  record.endpoint = "responses";
  record.status = 200;
  record.tenant = tenant;
  record.stream = true;
  record.listed = true;
  record.dispatched = kStart + 1ms;
  record.asked = kStart + 1ms;
  record.first_event = kStart + 251ms;
  record.answered = kStart + 751ms;
  auth::v1::Settlement& settlement = record.settlement.emplace();
  settlement.set_provider("p");
  settlement.set_upstream_model("m");
  settlement.set_outcome(auth::v1::OUTCOME_COMPLETED);
  settlement.mutable_usage()->set_input_tokens(100);
  settlement.mutable_usage()->set_output_tokens(11);
  settlement.set_cost_nano_usd(2'500'000'000);
  return record;
}

class GenerationMetricsTest : public ::testing::Test {
 protected:
  void End(const Record& record) { metrics_.Ended(record, kStart + 760ms); }

  metrics::Registry registry_{"gateway"};
  GenerationMetrics metrics_{registry_, 2};
};

constexpr char kTarget[] =
    R"({gen_ai_operation_name="chat",gen_ai_provider_name="p",gen_ai_request_model="m",wayleave_tenant="t")";

TEST_F(GenerationMetricsTest, TellsTokensTimesAndCost) {
  End(RecordOf("t"));

  const std::string text = registry_.Render();
  EXPECT_THAT(text, HasSubstr("gen_ai_client_operation_duration_seconds_sum" + std::string(kTarget) + "} 0.76\n"));
  EXPECT_THAT(text, HasSubstr("gen_ai_server_time_to_first_token_seconds_sum" + std::string(kTarget) + "} 0.25\n"));
  EXPECT_THAT(text, HasSubstr("gen_ai_server_time_per_output_token_seconds_sum" + std::string(kTarget) + "} 0.05\n"));
  EXPECT_THAT(text, HasSubstr(R"(gen_ai_token_type="input",wayleave_tenant="t"} 100)"));
  EXPECT_THAT(text, HasSubstr(R"(gen_ai_token_type="output",wayleave_tenant="t"} 11)"));
  EXPECT_THAT(text, HasSubstr(R"(wayleave_cost_usd_total{model="m",provider="p",wayleave_tenant="t"} 2.5)"));
  EXPECT_THAT(text, HasSubstr(R"(wayleave_gateway_tenant_requests_total{result="ok",wayleave_tenant="t"} 1)"));
}

TEST_F(GenerationMetricsTest, HasTheConventionsBuckets) {
  End(RecordOf("t"));

  const std::string text = registry_.Render();
  for (const char* tokens : {"1", "4", "1024", "67108864"}) {
    EXPECT_THAT(text, HasSubstr("wayleave_tenant=\"t\",le=\"" + std::string(tokens) + "\"}"));
  }
  EXPECT_THAT(text,
              HasSubstr("gen_ai_client_operation_duration_seconds_bucket" + std::string(kTarget) + ",le=\"81.92\"} 1"));
  EXPECT_THAT(text,
              HasSubstr("gen_ai_server_time_to_first_token_seconds_bucket" + std::string(kTarget) + ",le=\"0.25\"} 1"));
  EXPECT_THAT(
      text, HasSubstr("gen_ai_server_time_per_output_token_seconds_bucket" + std::string(kTarget) + ",le=\"2.5\"} 1"));
}

TEST_F(GenerationMetricsTest, ADocumentAndAnEstimateSayNothingOfTheTimeOfAToken) {
  Record document = RecordOf("t");
  document.stream = false;
  End(document);
  Record estimate = RecordOf("t");
  estimate.settlement->set_estimated(true);
  End(estimate);

  const std::string text = registry_.Render();
  EXPECT_THAT(text, HasSubstr("gen_ai_server_time_per_output_token_seconds_count" + std::string(kTarget) + "} 0\n"));
  EXPECT_THAT(text, HasSubstr("gen_ai_server_time_to_first_token_seconds_count" + std::string(kTarget) + "} 1\n"));
}

TEST_F(GenerationMetricsTest, NamesWhatWentWrongFromAClosedList) {
  Record known = RecordOf("t");
  known.settlement->set_outcome(auth::v1::OUTCOME_FAILED);
  known.error_code = "upstream_timeout";
  End(known);
  Record unknown = RecordOf("t");
  unknown.settlement->set_outcome(auth::v1::OUTCOME_FAILED);
  unknown.error_code = "a provider's own words";
  End(unknown);
  Record left = RecordOf("t");
  left.settlement->set_outcome(auth::v1::OUTCOME_CANCELLED);
  End(left);

  const std::string text = registry_.Render();
  for (const char* type : {"upstream_timeout", "_OTHER", "cancelled"}) {
    EXPECT_THAT(text,
                HasSubstr("gen_ai_client_operation_duration_seconds_count{error_type=\"" + std::string(type) +
                          "\",gen_ai_operation_name=\"chat\",gen_ai_provider_name=\"p\",gen_ai_request_model=\"m\","
                          "wayleave_tenant=\"t\"} 1\n"));
  }
  EXPECT_THAT(text, Not(HasSubstr("own words")));
  EXPECT_THAT(text, HasSubstr(R"(wayleave_gateway_tenant_requests_total{result="failed",wayleave_tenant="t"} 2)"));
  EXPECT_THAT(text, HasSubstr(R"(wayleave_gateway_tenant_requests_total{result="cancelled",wayleave_tenant="t"} 1)"));
}

TEST_F(GenerationMetricsTest, ARefusalIsNoGeneration) {
  Record refused = RecordOf("t");
  refused.settlement.reset();
  refused.dispatched.reset();
  refused.status = 429;
  refused.error_code = "rate_limit_exceeded";

  End(refused);

  const std::string text = registry_.Render();
  EXPECT_THAT(text, HasSubstr(R"(wayleave_gateway_tenant_requests_total{result="refused",wayleave_tenant="t"} 1)"));
  EXPECT_THAT(text, Not(HasSubstr("gen_ai_client_operation_duration_seconds_count{")));
}

TEST_F(GenerationMetricsTest, TenantsBeyondTheCapAreOne) {
  for (const char* tenant : {"a", "b", "c", "d"}) End(RecordOf(tenant));

  const std::string text = registry_.Render();
  EXPECT_THAT(text, HasSubstr(R"(wayleave_cost_usd_total{model="m",provider="p",wayleave_tenant="a"} 2.5)"));
  EXPECT_THAT(text, HasSubstr(R"(wayleave_cost_usd_total{model="m",provider="p",wayleave_tenant="_other"} 5)"));
  EXPECT_THAT(text, Not(HasSubstr("wayleave_tenant=\"c\"")));
}

TEST_F(GenerationMetricsTest, AModelThatTheCatalogueDoesNotKnowIsNotNamed) {
  Record record = RecordOf("t");
  record.settlement->set_upstream_model("a client's own words");
  record.listed = false;

  End(record);

  const std::string text = registry_.Render();
  EXPECT_THAT(text, HasSubstr("gen_ai_request_model=\"_other\""));
  EXPECT_THAT(text, Not(HasSubstr("own words")));
}

TEST_F(GenerationMetricsTest, CombinationsHaveAnEnd) {
  for (int i = 0; i < 3000; ++i) {
    Record record = RecordOf("t");
    record.settlement->set_provider("p" + std::to_string(i % 200));
    record.settlement->set_upstream_model("m" + std::to_string(i / 200));
    End(record);
  }

  int named = 0;
  int others = 0;
  std::istringstream lines(registry_.Render());
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("wayleave_cost_usd_total{")) continue;
    (line.find("wayleave_tenant=\"t\"") == std::string::npos ? others : named)++;
  }
  EXPECT_EQ(named, 2000);
  EXPECT_EQ(others, 1000);
}

TEST_F(GenerationMetricsTest, WhoIsNotKnownIsInNoSeries) {
  End(RecordOf(""));

  EXPECT_THAT(registry_.Render(), Not(HasSubstr("wayleave_tenant=")));
}

TEST(ErrorLabels, AreDistinctAndFoundAgain) {
  const auto labels = ErrorLabels();
  for (std::size_t i = 0; i < labels.size(); ++i) EXPECT_EQ(ErrorLabelOf(labels[i], 0), i) << labels[i];
  EXPECT_EQ(ErrorLabelOf("something else", 500), labels.size());
}

TEST(ErrorLabels, AStatusStandsForACode) {
  for (const int status : {400, 401, 403, 404, 405, 413, 418, 429, 500, 502, 503, 504}) {
    EXPECT_LT(ErrorLabelOf("", status), ErrorLabels().size()) << status;
  }
}

}  // namespace
}  // namespace wayleave::gateway
