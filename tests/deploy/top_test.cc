#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <sstream>

#include "deploy/text_table.h"
#include "deploy/top_view.h"

namespace wayleave::deploy {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// A busy minute of a small house.
TopView Busy() {
  TopView view;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(R"(
      at { seconds: 1763647265 } started_at { seconds: 1763635553 } instance: "gate/12" version: "0.6.0" in_flight: 2
      series { step_seconds: 10 requests: 0 requests: 10 requests: 40 requests: 30 requests: 3
               errors: 0 errors: 0 errors: 2 errors: 0 errors: 0
               output_tokens: 0 output_tokens: 100 output_tokens: 9000 output_tokens: 25000 output_tokens: 10
               cost_nano_usd: 0 cost_nano_usd: 0 cost_nano_usd: 420000000 cost_nano_usd: 0 cost_nano_usd: 0 }
      tenants { name: "research" minute { requests: 60 }
                ten_minutes { requests: 80 errors: 2 output_tokens: 34000 cost_nano_usd: 419000000 } }
      tenants { name: "sales" minute { requests: 3 }
                ten_minutes { requests: 3 output_tokens: 110 cost_nano_usd: 1000000 } }
      targets { name: "openai/gpt-5" minute { requests: 63 }
                ten_minutes { requests: 83 errors: 2 output_tokens: 34110 cost_nano_usd: 420000000 } }
      requests { request_id: "req_1" tenant: "research" user: "ann" model: "gpt-5" target: "openai/gpt-5"
                 phase: "answering" age_ms: 75400 output_tokens: 1234 }
      requests { request_id: "req_2" phase: "authenticating" age_ms: 4 }
      errors { at { seconds: 1763647200 } request_id: "req_0" tenant: "research" model: "gpt-5" target: "openai/gpt-5"
               status: 503 code: "server_is_overloaded" message: "Add targets." })",
                                                            &view.live));
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(R"(
      parts { name: "gateway" ready: true } parts { name: "auth" ready: true } parts { name: "router" ready: true }
      targets { provider: "openai" model: "gpt-5" circuit: "closed" }
      targets { provider: "local" model: "qwen" circuit: "open" error: "timeout" failures: 3 wait_ms: 12000 })",
                                                            &view.health));
  return view;
}

std::vector<std::string> LinesOf(const std::string& frame) {
  std::vector<std::string> lines;
  std::istringstream in(frame);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

constexpr char kFrame[] =
    R"(wayleave 0.6.0  gate/12  up 3h15m  14:01:05 UTC
2 in progress   3 req/s   2.50k tok/s out   10 min: 83 requests, 2.4% failed, $0.42
requests  ▂█▆▁
gateway ok  auth ok  router ok
TENANT                                                   REQ/S  10 MIN ERRORS     OUT         COST
research                                                     1      80      2   34.0k        $0.42
sales                                                     0.05       3      0     110       $0.001
TARGET                                    REQ/S  10 MIN ERRORS     OUT         COST CIRCUIT
local/qwen                                    0       0      0       0        $0.00 open 12.0s ti…
openai/gpt-5                               1.05      83      2   34.1k        $0.42
    AGE PHASE          TENANT/USER            MODEL                  TARGET                    OUT
  1m15s answering      research/ann           gpt-5                  openai/gpt-5            1.23k
   0.0s authenticating                                                                           0
ERROR AT HTTP CODE                 TENANT               TARGET               REQUEST
14:00:00  503 server_is_overloaded research             openai/gpt-5         req_0
)";

TEST(TopFrame, IsAsItWas) { EXPECT_EQ(TopFrame(Busy(), {98, 40}, false), kFrame); }

TEST(TopFrame, FitsEverySize) {
  TopView view = Busy();
  for (int i = 0; i < 50; ++i) {
    *view.live.add_requests() = view.live.requests(0);
    *view.live.add_tenants() = view.live.tenants(0);
    *view.live.add_errors() = view.live.errors(0);
  }
  for (const TopSize size : {TopSize{40, 8}, {80, 24}, {81, 25}, {200, 60}}) {
    const std::vector<std::string> lines = LinesOf(TopFrame(view, size, false));
    EXPECT_LE(lines.size(), static_cast<std::size_t>(size.rows));
    for (const std::string& line : lines) EXPECT_LE(Places(line), static_cast<std::size_t>(size.columns)) << line;
  }
}

TEST(TopFrame, LeavesRoomForEachTableOnASmallTerminal) {
  TopView view = Busy();
  for (int i = 0; i < 50; ++i) *view.live.add_tenants() = view.live.tenants(0);

  const std::string frame = TopFrame(view, {80, 24}, false);

  for (const char* heading : {"TENANT", "TARGET", "PHASE", "ERROR AT"}) EXPECT_THAT(frame, HasSubstr(heading));
}

TEST(TopFrame, LetsNoNameControlTheTerminal) {
  TopView view = Busy();
  view.live.mutable_requests(0)->set_model("\x1b[2J\x1b]0;owned\x07\r\nmodel");
  view.live.mutable_tenants(0)->set_name(
      "\xc2\x9b"
      "31m");
  view.trouble = "\x1b[31mno";

  const std::string frame = TopFrame(view, {120, 40}, false);

  EXPECT_THAT(frame, Not(HasSubstr("\x1b")));
  EXPECT_THAT(frame, Not(HasSubstr("\xc2\x9b")));
  EXPECT_THAT(frame, Not(HasSubstr("\r")));
  EXPECT_THAT(frame, HasSubstr("?[31mno"));
}

TEST(TopFrame, ColoursWhatIsWrong) {
  TopView view = Busy();
  EXPECT_THAT(TopFrame(view, {80, 24}, true), Not(HasSubstr("\x1b[1;31m")));

  view.health.mutable_parts(2)->set_ready(false);

  EXPECT_THAT(TopFrame(view, {80, 24}, true), HasSubstr("\x1b[1;31mgateway ok  auth ok  router AWAY\x1b[0m"));
}

TEST(TopFrame, SaysWhatToDoWhereNothingHappens) {
  EXPECT_THAT(TopFrame({}, {80, 24}, false), HasSubstr("wayleave codex-config"));
}

}  // namespace
}  // namespace wayleave::deploy
