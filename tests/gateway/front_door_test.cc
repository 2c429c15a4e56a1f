// The URLs of the gateway, but for the generations themselves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "gateway/catalogue.h"
#include "gateway/doors.h"
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
                                           UrlCase{"GetEmbeddings", "GET", "/v1/embeddings", 405, "method_not_allowed"},
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

TEST_F(FrontDoorTest, AWebSocketThatIsSwitchedOffIsRefusedWith426SoThatCodexFallsBack) {
  config_.websockets.enabled = false;
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
  EXPECT_EQ(reply.Header("ETag"), ListEtag("e1"));
  EXPECT_EQ(json::parse(reply.body).at("data")[0].at("id"), "ns/big model");
  EXPECT_EQ(json::parse(reply.body).at("models")[0].at("slug"), "ns/big model");
  EXPECT_TRUE(Shows(R"(wayleave_gateway_requests_total{endpoint="models",status="200"} 1)"));
}

TEST_F(FrontDoorTest, AnUnchangedListIsNotSentAgain) {
  Start();
  RawClient client(port_);
  const std::string etag = ListEtag("e1");

  for (const std::string& known : {etag, "W/" + etag, "\"e0\", " + etag, std::string("*")}) {
    client.Send(Request("GET", "/v1/models", "If-None-Match: " + known + "\r\n"));
    const RawReply same = client.Read();
    EXPECT_EQ(same.status, 304) << known;
    EXPECT_EQ(same.Header("ETag"), etag);
    EXPECT_FALSE(same.HasHeader("Content-Length"));
  }
  for (const std::string& known : {std::string("\"e0\""), std::string("\"e1\""), MessagesListEtag("e1")}) {
    client.Send(Request("GET", "/v1/models", "If-None-Match: " + known + "\r\n"));
    EXPECT_EQ(client.Read().status, 200) << known;
  }
}

TEST_F(FrontDoorTest, AnthropicsClientsReadTheListInTheirOwnForm) {
  Start();
  const std::string version = "anthropic-version: 2023-06-01\r\n";

  const RawReply list = Ask(Request("GET", "/v1/models?limit=20", version));
  const RawReply one = Ask(Request("GET", "/v1/models/large", version));
  const RawReply none = Ask(Request("GET", "/v1/models/small", version));

  EXPECT_EQ(json::parse(list.body).at("data")[0].at("type"), "model");
  EXPECT_EQ(json::parse(list.body).at("has_more"), false);
  EXPECT_EQ(list.Header("ETag"), MessagesListEtag("e1"));
  EXPECT_EQ(list.Header("Vary"), "anthropic-version");
  EXPECT_EQ(json::parse(one.body).at("id"), "large");
  EXPECT_EQ(none.status, 404);
  EXPECT_EQ(ErrorOf(none).at("type"), "not_found_error");
  EXPECT_EQ(none.Header("request-id"), none.Header("x-request-id"));
}

// Codex compares the two byte for byte.
TEST_F(FrontDoorTest, AnAnswerToCodexNamesTheListThatItShouldHave) {
  router_.route.set_models_etag("e1");
  Start();

  const std::string etag = Ask(Request("GET", "/v1/models")).Header("ETag");
  EXPECT_EQ(Ask(Responses(true)).Header("x-models-etag"), etag);
  EXPECT_EQ(Ask(Responses(false)).Header("x-models-etag"), etag);
  EXPECT_FALSE(Ask(Chat(true)).HasHeader("x-models-etag"));
}

TEST_F(FrontDoorTest, WithoutTheRoutersEtagNoneIsNamed) {
  Start();

  EXPECT_FALSE(Ask(Responses(true)).HasHeader("x-models-etag"));
}

struct DoorCase {
  const char* target;
  provider::v1::Endpoint endpoint;
  bool streams;
  const char* name;
};

class DoorTest : public FrontDoorTest, public ::testing::WithParamInterface<DoorCase> {};

TEST_P(DoorTest, AsksTheProviderInItsDialect) {
  Start();

  const RawReply reply = Ask(Request("POST", GetParam().target, "", Body(true)));

  EXPECT_EQ(reply.status, 200);
  ASSERT_EQ(provider_.requests().size(), 1u);
  EXPECT_EQ(provider_.requests()[0].endpoint(), GetParam().endpoint);
  EXPECT_EQ(provider_.requests()[0].stream(), GetParam().streams);
  EXPECT_EQ(reply.HasHeader("Content-Length"), !GetParam().streams);
  EXPECT_EQ(reply.HasHeader("request-id"), SpeaksMessages(GetParam().endpoint));
  EXPECT_EQ(router_.asked()[0].endpoint(), GetParam().endpoint);
  EXPECT_TRUE(
      Shows("wayleave_gateway_requests_total{endpoint=\"" + std::string(GetParam().name) + "\",status=\"200\"} 1"));
}

INSTANTIATE_TEST_SUITE_P(
    All, DoorTest,
    ::testing::Values(
        DoorCase{"/v1/responses", provider::v1::ENDPOINT_RESPONSES, true, "responses"},
        DoorCase{"/v1/chat/completions", provider::v1::ENDPOINT_CHAT_COMPLETIONS, true, "chat_completions"},
        DoorCase{"/v1/messages?beta=true", provider::v1::ENDPOINT_MESSAGES, true, "messages"},
        DoorCase{"/v1/messages/count_tokens?beta=true", provider::v1::ENDPOINT_COUNT_TOKENS, false, "count_tokens"},
        DoorCase{"/v1/embeddings", provider::v1::ENDPOINT_EMBEDDINGS, false, "embeddings"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_F(FrontDoorTest, AnthropicsSdkSendsItsKeyInAHeaderOfItsOwn) {
  Start();
  const std::string body = Body(false);

  const RawReply reply =
      Ask("POST /v1/messages HTTP/1.1\r\nHost: a\r\nx-api-key: k2\r\nanthropic-version: 2023-06-01\r\n"
          "anthropic-beta: b1,b2\r\nContent-Length: " +
          std::to_string(body.size()) + "\r\n\r\n" + body);

  EXPECT_EQ(reply.status, 200);
  const auto headers = provider_.requests().at(0).headers();
  EXPECT_EQ(headers.at("anthropic-version"), "2023-06-01");
  EXPECT_EQ(headers.at("anthropic-beta"), "b1,b2");
  EXPECT_EQ(headers.count("x-api-key"), 0u);
  EXPECT_EQ(Settled().at(0).key_id(), "key_k2");
}

TEST_F(FrontDoorTest, AMessagesClientReadsEveryErrorInItsOwnForm) {
  Start();
  const auto type = [](const RawReply& reply) { return ErrorOf(reply).at("type"); };

  EXPECT_EQ(type(Ask(Request("GET", "/v1/messages"))), "invalid_request_error");
  EXPECT_EQ(type(Ask("POST /v1/messages HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}")), "authentication_error");
  EXPECT_EQ(type(Ask(Request("POST", "/v1/messages", "", "rubbish"))), "invalid_request_error");
  provider_.Then(Script::Fails(503, "server_is_overloaded", false));
  const RawReply busy = Ask(Request("POST", "/v1/messages", "", Body(true)));
  EXPECT_EQ(busy.status, 529);
  EXPECT_EQ(type(busy), "overloaded_error");
  EXPECT_EQ(json::parse(busy.body).at("request_id"), busy.Header("request-id"));
}

TEST_F(FrontDoorTest, CountingTokensCostsNothing) {
  router_.route.mutable_targets(0)->mutable_price()->set_input(1'000'000'000);
  provider_.Then(Script::Answers(R"({"input_tokens":7})", "application/json").End(provider::v1::FINISH_COMPLETED, 0));
  Start();

  EXPECT_EQ(Ask(Request("POST", "/v1/messages/count_tokens", "", Body(false))).body, R"({"input_tokens":7})");

  const auto settled = Settled();
  ASSERT_EQ(settled.size(), 1u);
  EXPECT_FALSE(settled[0].has_usage());
  EXPECT_FALSE(settled[0].estimated());
  EXPECT_EQ(settled[0].cost_nano_usd(), 0);
  EXPECT_EQ(auth_.reserved().at(0).upper_bound().input_tokens(), 0);
}

TEST_F(FrontDoorTest, TheTurnStateOfAnUpstreamGoesBothWays) {
  provider_.Then(Script::Answers("data: x\n\n").WithHeader("x-codex-turn-state", "s1").End());
  Start();

  EXPECT_EQ(Ask(Responses(true)).Header("x-codex-turn-state"), "s1");
  Ask(Responses(true, "x-codex-turn-state: s1\r\n"));

  EXPECT_EQ(provider_.requests().at(1).headers().at("x-codex-turn-state"), "s1");
  EXPECT_EQ(router_.asked().at(1).headers().count("x-codex-turn-state"), 0u);
}

TEST_F(FrontDoorTest, WhatAnUpstreamSaysOfItsModelsIsNotTold) {
  provider_.Then(Script::Answers("data: x\n\n").WithHeader("x-models-etag", "theirs").End());
  Start();

  EXPECT_FALSE(Ask(Responses(true)).HasHeader("x-models-etag"));
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

  for (const char* framing : {"Content-Length: 11\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\nb\r\n           \r\n"}) {
    const RawReply messages = Ask("POST /v1/messages HTTP/1.1\r\nHost: a\r\n" + std::string(framing));
    EXPECT_EQ(messages.status, 413);
    EXPECT_EQ(ErrorOf(messages).at("type"), "request_too_large");
  }
}

TEST_F(FrontDoorTest, ACompressedBodyIsReadAndNotForwardedAsSuch) {
  Start();
  // A zstd frame with one raw block of 27 bytes.
  const std::string body = R"({"model":"big","input":"h"})";
  const std::string frame = std::string("\x28\xb5\x2f\xfd\x20\x1b\xd9\0\0", 9) + body;

  EXPECT_EQ(Ask(Request("POST", "/v1/responses", "Content-Encoding: zstd\r\n", frame)).status, 200);

  EXPECT_EQ(provider_.requests().at(0).body(), body);
  EXPECT_EQ(provider_.requests().at(0).headers().count("content-encoding"), 0u);
}

TEST_F(FrontDoorTest, AnUnknownCodingSaysWhichAreKnown) {
  Start();

  const RawReply reply = Ask(Request("POST", "/v1/messages", "Content-Encoding: br\r\n", "x"));

  EXPECT_EQ(reply.status, 415);
  EXPECT_EQ(reply.Header("Accept-Encoding"), "zstd, gzip, deflate");
  EXPECT_EQ(ErrorOf(reply).at("type"), "invalid_request_error");
}

}  // namespace
}  // namespace wayleave::gateway
