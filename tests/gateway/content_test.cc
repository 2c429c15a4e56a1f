// Content of tenants that opted in: bounded, framed, sealed, and journaled with the usage.
#include "gateway/content.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/crypto/sealed_box.h"
#include "gateway/content_document.h"
#include "tests/gateway/gateway_fixture.h"

namespace wayleave::gateway {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

constexpr const char* kDone = "event: response.completed\ndata: {\"type\":\"response.completed\"}\n\n";

const crypto::BoxKeys& Keys() {
  static const crypto::BoxKeys keys = crypto::MakeBoxKeys();
  return keys;
}

Result<ReadContent> Opened(const auth::v1::Settlement& settlement, const crypto::BoxKeys& keys = Keys()) {
  const auto bytes = crypto::OpenBox(keys.private_key, settlement.content(), settlement.reservation_id());
  if (!bytes) return Error{Code::kPermissionDenied, "closed"};
  return ReadContentDocument(*bytes);
}

TEST(ContentDocument, GoesThereAndBackWhateverItHolds) {
  ContentDocument document;
  document.request_id = "req\n\xff\"";
  document.model = std::string(5000, 'm');
  document.status = 200;
  document.request_bytes = 10;
  document.request = "{\"a\":\n1}";
  document.answer_bytes = 4;
  document.answer = std::string_view("\0\n\xfe\n", 4);

  const auto read = ReadContentDocument(WriteContent(document));

  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->request, document.request);
  EXPECT_EQ(read->answer, document.answer);
  const json head = json::parse(read->head);
  EXPECT_EQ(head.at("status"), 200);
  EXPECT_EQ(head.at("request"), json({{"bytes", 10}, {"kept", 8}, {"truncated", true}}));
  EXPECT_EQ(head.at("answer"), json({{"bytes", 4}, {"kept", 4}, {"truncated", false}}));
  EXPECT_EQ(head.at("model").get<std::string>().size(), 1024u);
}

TEST(ContentDocument, IsRefusedWhereItIsNone) {
  const std::string whole = WriteContent({});
  EXPECT_TRUE(ReadContentDocument(whole).ok());
  for (const std::string& bad :
       {std::string(), std::string("{}"), std::string("{}\n"), std::string("[]\n"), whole + "x", whole.substr(1),
        std::string(R"({"v":1,"request":{"kept":-1},"answer":{"kept":0}})") + "\n",
        std::string(R"({"v":1,"request":{"kept":18446744073709551615},"answer":{"kept":1}})") + "\n",
        std::string(R"({"v":2,"request":{"kept":0},"answer":{"kept":0}})") + "\n"}) {
    EXPECT_FALSE(ReadContentDocument(bad).ok()) << bad;
  }
}

TEST(ContentRules, NeverKeepMoreThanARecordMayHave) {
  metrics::Registry registry("gateway");
  EXPECT_EQ(ContentRules(std::size_t{1} << 40, registry).most_bytes(), kMostContentBytes);
}

class ContentTest : public GatewayTest {
 protected:
  ContentTest() { auth_.policy.set_content_key(crypto::PublicKeyText(Keys().public_key)); }
};

TEST_F(ContentTest, OfAStreamIsSealedInItsSettlement) {
  provider_.Then(Script::Answers("data: canary\n\n").Data(kDone).End());
  Start();

  Ask(Responses(true));

  const auto settled = Settled();
  ASSERT_THAT(settled, SizeIs(1));
  EXPECT_THAT(settled[0].content(), Not(HasSubstr("canary")));
  const auto content = Opened(settled[0]);
  ASSERT_TRUE(content.ok());
  EXPECT_EQ(content->request, Body(true));
  EXPECT_EQ(content->answer, std::string("data: canary\n\n") + kDone);
  const json head = json::parse(content->head);
  EXPECT_EQ(head.at("request_id"), settled[0].request_id());
  EXPECT_EQ(head.at("endpoint"), "responses");
  EXPECT_EQ(head.at("model"), "big");
  EXPECT_EQ(head.at("status"), 200);
  EXPECT_EQ(head.at("outcome"), "completed");
  EXPECT_FALSE(Opened(settled[0], crypto::MakeBoxKeys()).ok());
}

TEST_F(ContentTest, OfADocumentIsSealedInItsSettlement) {
  provider_.Then(Script::Answers("{\"a\":", "application/json").Data("1}").End());
  Start();

  Ask(Chat(false));

  const auto content = Opened(Settled().at(0));
  ASSERT_TRUE(content.ok());
  EXPECT_EQ(content->answer, "{\"a\":1}");
  EXPECT_EQ(json::parse(content->head).at("status"), 200);
}

TEST_F(ContentTest, IsKeptOfAFailureToo) {
  provider_.Then(Script::Fails(400, "bad_thing", false));
  Start();

  const testing::RawReply reply = Ask(Chat(false));

  const auto content = Opened(Settled().at(0));
  ASSERT_TRUE(content.ok());
  EXPECT_EQ(content->request, Body(false));
  EXPECT_EQ(content->answer, reply.body);
  EXPECT_EQ(json::parse(content->head).at("status"), reply.status);
  EXPECT_EQ(json::parse(content->head).at("outcome"), "failed");
}

TEST_F(ContentTest, IsRedactedInBothDirections) {
  config_.redaction.email = true;
  config_.redaction.restore = true;
  provider_.Then(Script::Answers("{\"a\":\"to [EMAIL_1]\"}", "application/json").End());
  Start();

  const testing::RawReply reply =
      Ask(Request("POST", "/v1/chat/completions", "",
                  R"({"model":"big","messages":[{"role":"user","content":"write to ada@example.com"}]})"));

  EXPECT_THAT(reply.body, HasSubstr("ada@example.com"));
  const auto content = Opened(Settled().at(0));
  ASSERT_TRUE(content.ok());
  EXPECT_THAT(content->request, HasSubstr("write to [EMAIL_1]"));
  EXPECT_THAT(content->answer, HasSubstr("to [EMAIL_1]"));
  EXPECT_THAT(content->request + content->answer, Not(HasSubstr("ada@")));
}

TEST_F(ContentTest, IsCutAtItsBoundAndSaysSo) {
  config_.content_bytes = 10;
  provider_.Then(Script::Answers("data: 0123456789\n\n").Data(kDone).End());
  Start();

  Ask(Responses(true));

  const auto content = Opened(Settled().at(0));
  ASSERT_TRUE(content.ok());
  EXPECT_EQ(content->request, Body(true).substr(0, 10));
  EXPECT_EQ(content->answer, "data: 0123");
  EXPECT_TRUE(json::parse(content->head).at("answer").at("truncated").get<bool>());
  EXPECT_TRUE(Shows(R"(wayleave_gateway_content_truncated_total{part="request"} 1)"));
  EXPECT_TRUE(Shows(R"(wayleave_gateway_content_truncated_total{part="answer"} 1)"));
}

TEST_F(ContentTest, UsageIsSettledAlsoWhereTheKeyIsNone) {
  auth_.policy.set_content_key("wlpub_broken");
  provider_.Then(Script::Answers("data: a\n\n").Data(kDone).End());
  Start();

  Ask(Responses(true));

  EXPECT_TRUE(Shows(R"(wayleave_gateway_contents_total{result="lost"} 1)"));
  const auto settled = Settled();
  ASSERT_THAT(settled, SizeIs(1));
  EXPECT_EQ(settled[0].content(), "");
}

TEST_F(GatewayTest, KeepsNoContentOfThoseWhoDidNotOptIn) {
  provider_.Then(Script::Answers("data: a\n\n").Data(kDone).End());
  Start();

  Ask(Responses(true));

  EXPECT_EQ(Settled().at(0).content(), "");
}

}  // namespace
}  // namespace wayleave::gateway
