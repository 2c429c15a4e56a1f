// The URLs of the gateway, but for the generations themselves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/gateway/gateway_fixture.h"

namespace wayleave::gateway {
namespace {

using nlohmann::json;
using testing::RawClient;
using testing::RawReply;
using ::testing::StartsWith;

json ErrorOf(const RawReply& reply) { return json::parse(reply.body).at("error"); }

class FrontDoorTest : public GatewayTest {
 protected:
  FrontDoorTest() {
    router::v1::Model& model = *router_.models.add_models();
    model.set_id("ns/big model");
    model.add_aliases("large");
    router_.models.set_etag("e1");
  }
};

struct UrlCase {
  const char* name;
  const char* method;
  const char* target;
  int status;
  const char* code;
};

class UrlTest : public FrontDoorTest, public ::testing::WithParamInterface<UrlCase> {};

TEST_P(UrlTest, IsRefusedInOpenAisForm) {
  Start();

  const RawReply reply = Ask(Request(GetParam().method, GetParam().target));

  EXPECT_EQ(reply.status, GetParam().status);
  EXPECT_EQ(reply.Header("Content-Type"), "application/json");
  EXPECT_THAT(reply.Header("x-request-id"), StartsWith("req_"));
  EXPECT_EQ(ErrorOf(reply).at("code"), GetParam().code);
  EXPECT_EQ(reply.HasHeader("Allow"), GetParam().status == 405);
  EXPECT_EQ(auth_.asked + static_cast<int>(provider_.requests().size()), 0);
}

INSTANTIATE_TEST_SUITE_P(All, UrlTest,
                         ::testing::Values(UrlCase{"Root", "GET", "/", 404, "unknown_url"},
                                           UrlCase{"WithoutV1", "POST", "/responses", 404, "unknown_url"},
                                           UrlCase{"TwiceV1", "POST", "/v1/v1/responses", 404, "unknown_url"},
                                           UrlCase{"TrailingSlash", "POST", "/v1/responses/", 404, "unknown_url"},
                                           UrlCase{"OldCompletions", "POST", "/v1/completions", 404, "unknown_url"},
                                           UrlCase{"Rubbish", "GET", "/%00%ff\"<script>", 404, "unknown_url"},
                                           UrlCase{"GetResponses", "GET", "/v1/responses", 405, "method_not_allowed"},
                                           UrlCase{"PutChat", "PUT", "/v1/chat/completions", 405, "method_not_allowed"},
                                           UrlCase{"PostModels", "POST", "/v1/models", 405, "method_not_allowed"},
                                           UrlCase{"DeleteModel", "DELETE", "/v1/models/x", 405, "method_not_allowed"},
                                           UrlCase{"OptionsWithoutOrigin", "OPTIONS", "/v1/responses", 405,
                                                   "method_not_allowed"}),
                         [](const auto& test) { return std::string(test.param.name); });

TEST_F(FrontDoorTest, AQueryDoesNotChangeTheDoor) {
  Start();

  EXPECT_EQ(Ask(Request("GET", "/v1/models?client_version=1")).status, 200);
  EXPECT_EQ(Ask(Request("POST", "/v1/responses?x=1", "", Body(true))).status, 200);
}

TEST_F(FrontDoorTest, AWebSocketIsRefusedWith426SoThatCodexFallsBack) {
  Start();

  for (const char* word : {"websocket", "WebSocket"}) {
    const RawReply reply =
        Ask(Request("GET", "/v1/responses", "Connection: Upgrade\r\nUpgrade: " + std::string(word) + "\r\n"));

    EXPECT_EQ(reply.status, 426);
    EXPECT_EQ(reply.Header("Upgrade"), "HTTP/1.1");
  }
}

TEST_F(FrontDoorTest, ListsModelsForBothKindsOfReader) {
  Start();

  const RawReply reply = Ask(Request("GET", "/v1/models"));

  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.Header("ETag"), "\"e1\"");
  EXPECT_EQ(json::parse(reply.body).at("data")[0].at("id"), "ns/big model");
  EXPECT_EQ(json::parse(reply.body).at("models")[0].at("slug"), "ns/big model");
  EXPECT_TRUE(Shows(R"(wayleave_gateway_requests_total{endpoint="models",status="200"} 1)"));
}

TEST_F(FrontDoorTest, AnUnchangedListIsNotSentAgain) {
  Start();
  RawClient client(port_);

  client.Send(Request("GET", "/v1/models", "If-None-Match: \"e1\"\r\n") +
              Request("GET", "/v1/models", "If-None-Match: \"e0\"\r\n"));

  const RawReply same = client.Read();
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(same.Header("ETag"), "\"e1\"");
  EXPECT_FALSE(same.HasHeader("Content-Length"));
  EXPECT_EQ(client.Read().status, 200);
}

TEST_F(FrontDoorTest, HeadOfTheListHasItsLengthOnly) {
  Start();
  RawClient client(port_);

  client.Send(Request("HEAD", "/v1/models") + Request("GET", "/v1/models"));

  const RawReply head = client.Read(true);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.Header("Content-Length"), std::to_string(client.Read().body.size()));
}

TEST_F(FrontDoorTest, FindsOneModelByItsEncodedNameOrAlias) {
  Start();

  EXPECT_EQ(json::parse(Ask(Request("GET", "/v1/models/ns%2Fbig%20model")).body).at("id"), "ns/big model");
  EXPECT_EQ(json::parse(Ask(Request("GET", "/v1/models/ns/big%20model")).body).at("id"), "ns/big model");
  EXPECT_EQ(json::parse(Ask(Request("GET", "/v1/models/large")).body).at("id"), "large");
}

TEST_F(FrontDoorTest, AnUnknownModelIsA404WhateverItsName) {
  Start();

  for (const char* name : {"small", "", "%", "%2", "%zz", "%ff%00", "large%"}) {
    const RawReply reply = Ask(Request("GET", "/v1/models/" + std::string(name)));
    EXPECT_EQ(reply.status, 404) << name;
    EXPECT_EQ(ErrorOf(reply).at("code"), "model_not_found") << name;
  }
}

TEST_F(FrontDoorTest, TheListNeedsAKeyAndARouter) {
  Start();

  const RawReply anonymous = Ask("GET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n");
  router_.refusal = Error{Code::kUnavailable, "the router is away", {}, {}};
  const RawReply unrouted = Ask(Request("GET", "/v1/models"));

  EXPECT_EQ(anonymous.status, 401);
  EXPECT_EQ(anonymous.Header("WWW-Authenticate"), "Bearer");
  EXPECT_EQ(unrouted.status, 503);
  EXPECT_EQ(ErrorOf(unrouted).at("message"), "the router is away");
}

TEST_F(FrontDoorTest, ABrowserOfAConfiguredOriginMayAskAndRead) {
  config_.cors_origins = {"https://a.example"};
  Start();
  const std::string origin = "Origin: https://a.example\r\n";

  const RawReply preflight =
      Ask(Request("OPTIONS", "/v1/responses", origin + "Access-Control-Request-Method: POST\r\n"));
  const RawReply answer = Ask(Responses(true, origin));
  const RawReply refused = Ask(Request("POST", "/v1/responses", origin, "rubbish"));

  EXPECT_EQ(preflight.status, 204);
  for (const RawReply& reply : {preflight, answer, refused}) {
    EXPECT_EQ(reply.Header("Access-Control-Allow-Origin"), "https://a.example") << reply.status;
    EXPECT_TRUE(reply.HasHeader("x-request-id"));
  }
  EXPECT_FALSE(Ask(Responses(true)).HasHeader("Access-Control-Allow-Origin"));
}

TEST_F(FrontDoorTest, WhatTheServerItselfRefusesHasTheSameForm) {
  config_.http.body_bytes = 10;
  Start();

  const RawReply reply = Ask(Request("POST", "/v1/responses", "", std::string(11, ' ')));

  EXPECT_EQ(reply.status, 413);
  EXPECT_EQ(ErrorOf(reply).at("code"), "request_too_large");
}

}  // namespace
}  // namespace wayleave::gateway
