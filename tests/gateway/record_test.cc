#include "gateway/record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace wayleave::gateway {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
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

std::string LineOf(const Record& record, std::chrono::steady_clock::time_point ended) {
  text::ByteBuffer buffer;
  return std::string(AccessLogLine(record, ended, buffer));
}

TEST(AccessLogLine, SaysWhoWhatHowAndHowLong) {
  const Json line = Json::parse(LineOf(WholeRecord(), kStart + 152ms));

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

  const Json line = Json::parse(LineOf(record, kStart + 1ms));

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

TEST(AccessLogLine, ALineForARefusedRequestSaysLittle) {
  Record record;
  record.arrived = std::chrono::steady_clock::now();
  record.request_id = "req_1";
  record.method = "POST";
  record.endpoint = "responses";
  record.status = 401;
  record.error_code = "invalid_api_key";

  const Json line = Json::parse(LineOf(record, record.arrived + 1500us));

  EXPECT_THAT(line.at("time").get<std::string>(), MatchesRegex("[0-9]{4}-..-..T..:..:..\\....Z"));
  EXPECT_EQ(line.at("level"), "info");
  EXPECT_EQ(line.at("event"), "request");
  EXPECT_EQ(line.at("status"), 401);
  EXPECT_EQ(line.at("error_code"), "invalid_api_key");
  EXPECT_DOUBLE_EQ(line.at("duration_ms").get<double>(), 1.5);
  for (const char* absent :
       {"peer", "tenant", "model", "provider", "input_tokens", "cost_nano_usd", "overhead_ms", "stream"}) {
    EXPECT_FALSE(line.contains(absent)) << absent;
  }
}

TEST(AccessLogLine, ALineForAGenerationTellsDecisionUsageAndTimes) {
  Record record = WholeRecord();
  auth::v1::Settlement& s = *record.settlement;
  s.set_outcome(auth::v1::OUTCOME_CANCELLED);
  s.mutable_usage()->set_input_tokens(100);
  s.mutable_usage()->set_cached_input_tokens(60);
  s.set_estimated(true);
  s.set_cost_nano_usd(12345);

  const Json line = Json::parse(LineOf(record, record.arrived + 2s));

  EXPECT_EQ(line.at("provider"), "p");
  EXPECT_EQ(line.at("upstream_model"), "m");
  EXPECT_EQ(line.at("outcome"), "cancelled");
  EXPECT_EQ(line.at("input_tokens"), 100);
  EXPECT_EQ(line.at("cached_input_tokens"), 60);
  EXPECT_EQ(line.at("output_tokens"), 7);
  EXPECT_EQ(line.at("estimated"), true);
  EXPECT_EQ(line.at("cost_nano_usd"), 12345);
  EXPECT_EQ(line.at("stream"), true);
  EXPECT_DOUBLE_EQ(line.at("overhead_ms").get<double>(), 2);
  EXPECT_FALSE(line.contains("reasoning_tokens"));
  EXPECT_DOUBLE_EQ(line.at("duration_ms").get<double>(), 2000);
}

TEST(AccessLogLine, ATraceIsNamedWhereThereIsSomethingToBeFoundUnderItsId) {
  trace::Context context = trace::Parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00");
  const auto told = [&context] {
    Record record;
    record.span = trace::Span(context, trace::Kind::kServer, "a");
    return Json::parse(LineOf(record, record.arrived)).value("trace_id", "");
  };

  EXPECT_EQ(told(), "0af7651916cd43dd8448eb211c80319c");  // the client's
  context.begun_here = true;
  EXPECT_EQ(told(), "");
  context.sampled = true;
  EXPECT_EQ(told(), "0af7651916cd43dd8448eb211c80319c");
}

TEST(AccessLogLine, WhateverAClientCallsItsModelTheLineIsOneLineOfJson) {
  Record record;
  record.model = "a\"b\\c\n\r\t\x01\x7f größe";

  const std::string line = LineOf(record, record.arrived);

  EXPECT_EQ(Json::parse(line).at("model"), record.model);
  EXPECT_THAT(line, Not(HasSubstr("\n")));
}

}  // namespace
}  // namespace wayleave::gateway
