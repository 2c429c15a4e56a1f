// POST /v1/route/explain, over HTTP.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/gateway/gateway_fixture.h"

namespace wayleave::gateway {
namespace {

using nlohmann::json;
using ::testing::IsEmpty;
using testing::RawReply;
using ::testing::SizeIs;

class ExplainTest : public GatewayTest {
 protected:
  RawReply Explain(const std::string& body) { return Ask(Request("POST", "/v1/route/explain", "", body)); }
};

TEST_F(ExplainTest, SaysWhereARequestWouldGoAndCostsNothing) {
  Start();

  const RawReply reply = Explain(R"({"model": "big", "headers": {"X-Team": "lab"}})");

  EXPECT_EQ(reply.status, 200);
  const json answer = json::parse(reply.body);
  EXPECT_EQ(answer.at("rule"), "exact");
  EXPECT_EQ(answer.at("targets").at(0).at("provider"), "alpha");
  EXPECT_EQ(answer.at("steps").at(0).at("rule"), "night");
  ASSERT_THAT(router_.explained(), SizeIs(1));
  EXPECT_EQ(router_.explained()[0].request().headers().at("x-team"), "lab");
  EXPECT_EQ(router_.explained()[0].request().principal().key_id(), "key_k1");
  EXPECT_TRUE(Shows(R"(wayleave_gateway_requests_total{endpoint="route_explain",status="200"} 1)"));
  EXPECT_THAT(provider_.requests(), IsEmpty());
  EXPECT_THAT(auth_.reserved(), IsEmpty());
  EXPECT_THAT(Settled(), IsEmpty());
}

TEST_F(ExplainTest, ARefusalHasItsStatusAndTheSteps) {
  router_.refusal = Error{Code::kPermissionDenied, "Not for interns.", "denied_by_rule", {}};
  Start();

  const RawReply reply = Explain(R"({"model": "big"})");

  EXPECT_EQ(reply.status, 403);
  const json body = json::parse(reply.body);
  EXPECT_EQ(body.at("error").at("code"), "denied_by_rule");
  EXPECT_EQ(body.at("error").at("message"), "Not for interns.");
  EXPECT_THAT(body.at("steps"), SizeIs(1));
}

TEST_F(ExplainTest, NeedsAKeyAndAQuestion) {
  Start();

  EXPECT_EQ(Ask("POST /v1/route/explain HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}").status, 401);
  EXPECT_EQ(Explain(R"({"user": "bob"})").status, 400);
  EXPECT_EQ(Ask(Request("GET", "/v1/route/explain")).status, 405);
  EXPECT_THAT(router_.explained(), IsEmpty());
}

}  // namespace
}  // namespace wayleave::gateway
