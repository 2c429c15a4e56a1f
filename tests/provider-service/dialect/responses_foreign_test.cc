#include "provider-service/dialect/responses/foreign.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/http/sse.h"
#include "provider-service/dialect/hub/summary.h"
#include "provider-service/dialect/messages/thinking.h"
#include "provider-service/dialect/translate.h"
#include "tests/provider-service/dialect/golden.h"

namespace wayleave::provider {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::HasSubstr;
using ::testing::Not;

const Json kQuestion = {{"role", "user"}, {"content", "hi"}};
const Json kSealedByServer = {{"type", "reasoning"},
                              {"id", "rs_0123"},
                              {"summary", Json::array({{{"type", "summary_text"}, {"text", "a plan"}}})},
                              {"encrypted_content", "gAAAAABopaque="}};

Json OurThought() {
  return {{"type", "reasoning"},
          {"id", "rs_wl_abc"},
          {"summary", Json::array()},
          {"content", Json::array({{{"type", "reasoning_text"}, {"text", "hm"}}})},
          {"encrypted_content", nullptr}};
}

Json SealedThought() {
  const Json block = {{"type", "thinking"}, {"thinking", "hm"}, {"signature", "sig"}};
  return {{"type", "reasoning"}, {"id", "rs_99"}, {"summary", Json::array()},
          {"encrypted_content", SealThinking(block, "claude")}};
}

Json OurSummary(const char* type = "compaction") {
  return {{"type", type}, {"id", "cmp_1"}, {"encrypted_content", SealSummary("He likes \"blue\".")}};
}

std::string Body(const Json& input) {
  return R"({ "metadata":{"input":["rs_wl_"]},"model" : "m","input":)" + input.dump(1) + ",\n\"future\":[1.0,1e3] }";
}

// The body as it is sent; the same if it may pass.
std::string Sent(const std::string& body) {
  BodyChanges changes;
  if (auto cleaned = WithoutForeignItems(body)) changes.replaced.push_back(std::move(cleaned->edit));
  const std::string model = "\"m\"";
  return WithModel(body, {body.find(model), model.size()}, "upstream", std::move(changes)).Joined();
}

Json InputSent(const Json& input) { return Json::parse(Sent(Body(input)))["input"]; }

TEST(ForeignItems, StayAwayFromTheApiItself) {
  const Json input = InputSent(Json::array({kQuestion, OurThought(), kSealedByServer, SealedThought(), OurSummary()}));

  ASSERT_EQ(input.size(), 3u);
  EXPECT_EQ(input[0], kQuestion);
  EXPECT_EQ(input[1], kSealedByServer);
  const Json summary = {{"type", "input_text"}, {"text", "Summary of the conversation so far:\nHe likes \"blue\"."}};
  EXPECT_EQ(input[2], (Json{{"type", "message"}, {"role", "user"}, {"content", Json::array({summary})}}));
}

TEST(ForeignItems, AreFoundWhereverTheyStand) {
  for (const Json& ours : {OurThought(), SealedThought()}) {
    for (const Json& input : {Json::array({ours, kQuestion}), Json::array({kQuestion, ours}),
                              Json::array({ours, ours, kQuestion, ours, ours})}) {
      EXPECT_EQ(InputSent(input), Json::array({kQuestion})) << input;
    }
    EXPECT_EQ(InputSent(Json::array({ours})), Json::array());
    EXPECT_EQ(InputSent(Json::array({kQuestion, ours, "text", 7, kQuestion})),
              Json::array({kQuestion, "text", 7, kQuestion}));
  }
}

TEST(ForeignItems, LeaveEveryOtherByte) {
  const std::string kept = R"({"role":"user",  "content":"h\u00e9 \/ 1e3", "n":[1.0,-0.0]})";
  const std::string ours = OurThought().dump();

  const std::string items = kept + " ,\n" + ours + " , " + kept + "\t";
  const std::string sent = Sent(R"({"model":"m","future":[1.0,1e3], "input" : [ )" + items + "] , \"x\":1 }");

  EXPECT_EQ(sent, R"({"model":"upstream","future":[1.0,1e3], "input" : [)" + kept + "," + kept + "] , \"x\":1 }");
}

TEST(ForeignItems, AreNotOnlySpokenOf) {
  const Json quoted = {{"role", "user"}, {"content", OurThought().dump() + OurSummary().dump()}};
  const Json call = {{"type", "function_call"}, {"id", "rs_wl_1"}, {"arguments", OurSummary().dump()}};
  for (const Json& input : {Json("gwc1:"), Json::array({quoted}), Json::array({quoted, call}), Json("rs_wl_"),
                            Json::array({kSealedByServer, quoted}), Json::array({"rs_wl_", nullptr})}) {
    EXPECT_FALSE(WithoutForeignItems(Body(input)).has_value()) << input;
  }
}

TEST(ForeignItems, OfAnOlderWordAreFoundToo) {
  EXPECT_EQ(InputSent(Json::array({OurSummary("context_compaction")}))[0]["role"], "user");
  Json broken = OurSummary();
  broken["encrypted_content"] = "gwc1:%%";
  EXPECT_EQ(InputSent(Json::array({kQuestion, broken})), Json::array({kQuestion}));
}

// Where an answer of the API itself went through the hub, the seal is good, and the id is not.
TEST(ForeignItems, GoBackToTheApiIfItSealedThem) {
  Json item = OurThought();
  item["encrypted_content"] = "gAAAAABopaque=";

  EXPECT_EQ(InputSent(Json::array({item}))[0],
            (Json{{"type", "reasoning"}, {"summary", Json::array()}, {"encrypted_content", "gAAAAABopaque="}}));
}

TEST(ForeignItems, AreNotLookedForInBrokenJson) {
  const std::string body = Body(Json::array({kQuestion, OurThought(), kQuestion}));
  for (std::size_t size = 0; size <= body.size(); ++size) {
    const std::string part = body.substr(0, size);
    if (const auto clean = WithoutForeignItems(part)) {
      ASSERT_LE(clean->edit.offset + clean->edit.length, part.size());
      ASSERT_TRUE(Json::accept(clean->edit.text));
    }
  }
  const std::string deep = R"({"model":"m","input":[{"id":"rs_wl_","a":)" + std::string(5000, '[') +
                           std::string(5000, ']') + R"(},{"type":"reasoning","id":"rs_wl_1"}]})";
  EXPECT_TRUE(Json::accept(Sent(deep)));
}

// --- A session that begins on one provider and goes on with another.

TranslateOptions Options(Dialect upstream) {
  TranslateOptions options;
  options.upstream = upstream;
  options.upstream_model = "upstream";
  options.client_model = "model";
  options.ids = testing::CountingIds();
  return options;
}

// The items that a client keeps of an answer.
Json Kept(const std::string& sse) {
  Json items = Json::array();
  http::SseParser parser;
  parser.Feed(sse);
  while (const auto block = parser.Next()) {
    if (block->event == "response.output_item.done") items.push_back(Json::parse(block->data)["item"]);
  }
  return items;
}

Json AnswerOf(Dialect upstream, const std::string& request, std::string_view answer) {
  auto call = Translate(request, Options(upstream));
  testing::Sink sink;
  testing::Run(*call->reply, answer, 1 << 20, testing::Ending::kEnd, sink);
  return Kept(sink.bytes);
}

constexpr char kChatAnswer[] =
    "data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"hm\"}}]}\n\n"
    "data: {\"choices\":[{\"delta\":{\"content\":\"Blue it is.\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

TEST(ForeignItems, OfAnAnswerThatWasTranslatedAreKnown) {
  const Json items = AnswerOf(Dialect::kChat, R"({"input":"hi"})", kChatAnswer);
  ASSERT_EQ(items.size(), 2u);
  ASSERT_EQ(items[0]["type"], "reasoning");
  EXPECT_TRUE(items[0]["id"].get<std::string>().starts_with("rs_")) << "Codex sends back no other ids";

  EXPECT_EQ(InputSent(items), Json::array({items[1]}));
}

TEST(ForeignItems, OfACompactionThatWasTranslatedAreKnown) {
  const Json items = AnswerOf(
      Dialect::kChat, R"({"input":[{"role":"user","content":"hi"},{"type":"compaction_trigger"}]})", kChatAnswer);
  ASSERT_EQ(items.size(), 1u);
  ASSERT_EQ(items[0]["type"], "compaction");

  EXPECT_THAT(InputSent(items).dump(), HasSubstr("Blue it is."));
}

// The other way: what the API sealed, nobody else can read.
TEST(ItemsSealedByTheApi, ReachNoOtherProvider) {
  const Json compaction = {{"type", "compaction"}, {"id", "cmp_0"}, {"encrypted_content", "gAAAAABother="}};
  const Json answer = {{"role", "assistant"}, {"content", "yes"}};
  const Json input = {kQuestion, compaction, kSealedByServer, kQuestion, kSealedByServer, answer, kQuestion};
  const Json request = {{"model", "m"}, {"input", input}};
  for (const Dialect upstream : {Dialect::kChat, Dialect::kBasicResponses, Dialect::kMessages, Dialect::kOllama}) {
    auto call = Translate(request.dump(), Options(upstream));

    ASSERT_TRUE(call.ok()) << call.error().message;
    EXPECT_THAT(call->body, Not(HasSubstr("gAAAAAB"))) << call->body;
    EXPECT_THAT(call->body, HasSubstr("yes"));
    EXPECT_THAT(call->dropped, ::testing::Contains("item:compaction"));
  }
}

}  // namespace
}  // namespace wayleave::provider
