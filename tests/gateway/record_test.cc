#include "gateway/record.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace wayleave::gateway {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

const auto kStart = std::chrono::steady_clock::time_point(1h);

Record WholeRecord() {
  Record record;
  record.arrived = kStart;
  record.request_id = "req_1";
  record.method = "POST";
  record.endpoint = "responses";
  record.status = 200;
  record.tenant = "t";
  record.user = "ann";
  record.key_id = "key_1";
  record.model = "a \"model\"\n";
  record.rule = "exact-model";
  record.stream = true;
  record.attempts = 2;
  record.request_bytes = 70;
  record.answer_bytes = 900;
  record.dispatched = kStart + 2ms;
  record.first_event = kStart + 52ms;
  record.phases = {1ms, 500us, 400us, 100us, 140ms, 5ms};
  auth::v1::Settlement& settlement = record.settlement.emplace();
  settlement.set_provider("p");
  settlement.set_upstream_model("m");
  settlement.set_session("thread_1");
  settlement.set_outcome(auth::v1::OUTCOME_COMPLETED);
  settlement.mutable_usage()->set_output_tokens(7);
  settlement.set_cost_nano_usd(9);
  return record;
}

TEST(AccessLogLine, SaysWhoWhatHowAndHowLong) {
  const Json line = Json::parse(AccessLogLine(WholeRecord(), kStart + 152ms));

  EXPECT_EQ(line.at("event"), "request");
  EXPECT_EQ(line.at("user"), "ann");
  EXPECT_EQ(line.at("model"), "a \"model\"\n");
  EXPECT_EQ(line.at("session"), "thread_1");
  EXPECT_EQ(line.at("attempts"), 2);
  EXPECT_EQ(line.at("request_bytes"), 70);
  EXPECT_EQ(line.at("answer_bytes"), 900);
  EXPECT_EQ(line.at("authenticate_ms"), 1.0);
  EXPECT_EQ(line.at("route_ms"), 0.5);
  EXPECT_EQ(line.at("reserve_ms"), 0.4);
  EXPECT_EQ(line.at("first_byte_ms"), 50.0);
  EXPECT_EQ(line.at("stream_ms"), 100.0);
  EXPECT_EQ(line.at("settle_ms"), 0.1);
  EXPECT_EQ(line.at("added_ms"), 7.0);
  EXPECT_EQ(line.at("duration_ms"), 152.0);
}

TEST(AccessLogLine, OfARefusalTellsNoPhaseThatDidNotTakePlace) {
  Record record;
  record.arrived = kStart;
  record.status = 401;
  record.error_code = "invalid_api_key";

  const Json line = Json::parse(AccessLogLine(record, kStart + 1ms));

  for (const char* absent :
       {"authenticate_ms", "stream_ms", "added_ms", "attempts", "tenant", "user", "answer_bytes"}) {
    EXPECT_FALSE(line.contains(absent)) << absent;
  }
  EXPECT_EQ(line.at("error_code"), "invalid_api_key");
}

TEST(ServerTiming, TellsOursApartFromTheProviders) {
  Record record = WholeRecord();
  record.phases.client = 0ms;
  record.phases.upstream = 50ms;

  EXPECT_EQ(ServerTiming(record, kStart + 52ms), "wayleave;dur=2.000, upstream;dur=50.000");
}

}  // namespace
}  // namespace wayleave::gateway
