#include "gateway/envelope.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wayleave::gateway {
namespace {

using ::testing::HasSubstr;

Result<Envelope> Read(const std::string& text) {
  std::string body = text;
  body.reserve(text.size() + 64);
  return ReadEnvelope(body);
}

Envelope Good(const std::string& text) {
  Result<Envelope> envelope = Read(text);
  if (!envelope) {
    ADD_FAILURE() << text << ": " << envelope.error().message;
    return {};
  }
  return std::move(*envelope);
}

struct ModelCase {
  const char* name;
  std::string body;
  std::string model;
  std::string token;  // as it stands in the body
};

class ModelTest : public ::testing::TestWithParam<ModelCase> {};

TEST_P(ModelTest, IsReadAndItsPlaceIsKnown) {
  const Envelope envelope = Good(GetParam().body);

  EXPECT_EQ(envelope.model, GetParam().model);
  EXPECT_EQ(GetParam().body.substr(envelope.model_offset, envelope.model_length), GetParam().token);
}

INSTANTIATE_TEST_SUITE_P(All, ModelTest,
                         ::testing::ValuesIn(std::vector<ModelCase>{
                             {"Plain", R"({"model":"gpt-5"})", "gpt-5", R"("gpt-5")"},
                             {"Last", R"({"input":"x","model":"gpt-5"})", "gpt-5", R"("gpt-5")"},
                             {"Spaced", " \n{ \"model\" \t: \r\n \"gpt-5\" , \"a\":1 } \n", "gpt-5", R"("gpt-5")"},
                             {"Empty", R"({"model":""})", "", R"("")"},
                             {"EscapedQuote", R"({"model":"a\"b","x":1})", "a\"b", R"("a\"b")"},
                             {"EscapedBackslashAtTheEnd", R"({"model":"a\\","x":"y"})", "a\\", R"("a\\")"},
                             {"EscapedSlash", R"({"model":"a\/b"})", "a/b", R"("a\/b")"},
                             {"EscapedUnicode", R"({"model":"b\u0069g"})", "big", R"("b\u0069g")"},
                             {"Surrogates", R"({"model":"\ud83d\ude00"})", "\xf0\x9f\x98\x80", R"("\ud83d\ude00")"},
                             {"Unicode", "{\"model\":\"größe-日本\"}", "größe-日本", "\"größe-日本\""},
                             {"EscapedName", R"({"mod\u0065l":"gpt-5"})", "gpt-5", R"("gpt-5")"},
                             {"OnlyAtTheTop", R"({"input":[{"model":"inner"}],"model":"outer","x":{"model":"inner"}})",
                              "outer", R"("outer")"},
                             {"InAText", R"({"input":"\"model\":\"inner\"","model":"outer"})", "outer", R"("outer")"},
                             {"BracesInIt", R"({"model":"}],{"})", "}],{", R"("}],{")"},
                             {"None", R"({"input":"x"})", "", ""},
                             {"EmptyObject", "{}", "", ""},
                         }),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(ReadEnvelopeTest, ReadsEveryField) {
  const Envelope envelope = Good(
      R"({"model":"m","stream":true,"stream_options":{"x":[1],"include_usage":true,"y":{}},"tools":[{"type":"function"}],)"
      R"("reasoning":{"effort":"low"},"max_output_tokens":17,"prompt_cache_key":"c\u0031","input":[{"role":"user"}]})");

  EXPECT_EQ(envelope.model, "m");
  EXPECT_TRUE(envelope.stream);
  EXPECT_TRUE(envelope.include_usage);
  EXPECT_TRUE(envelope.has_tools);
  EXPECT_TRUE(envelope.has_reasoning);
  EXPECT_EQ(envelope.max_output_tokens, 17);
  EXPECT_EQ(envelope.session, "c1");
}

TEST(ReadEnvelopeTest, AbsentFieldsAreOff) {
  const Envelope envelope = Good(R"({"unknown":[[{"stream":true}]]})");

  EXPECT_FALSE(envelope.stream);
  EXPECT_FALSE(envelope.include_usage);
  EXPECT_FALSE(envelope.has_tools);
  EXPECT_FALSE(envelope.has_reasoning);
  EXPECT_EQ(envelope.max_output_tokens, 0);
  EXPECT_EQ(envelope.session, "");
  EXPECT_EQ(envelope.model_length, 0u);
}

// Fields of a wrong type are the provider's to judge; the gateway takes them for absent and reads on.
TEST(ReadEnvelopeTest, OddValuesAreOffAndWhatFollowsIsStillRead) {
  for (const char* odd :
       {R"("stream":"true")", R"("stream":null)", R"("stream":1)", R"("stream_options":null)", R"("stream_options":[])",
        R"("stream_options":{})", R"("stream_options":{"include_usage":"yes"})", R"("tools":[])", R"("tools":null)",
        R"("tools":{"a":1})", R"("max_output_tokens":null)", R"("max_output_tokens":"5")", R"("max_output_tokens":-5)",
        R"("max_output_tokens":1.5)", R"("max_output_tokens":1e3)", R"("max_output_tokens":99999999999999999999)",
        R"("prompt_cache_key":5)", R"("prompt_cache_key":{"a":"b"})"}) {
    const Envelope envelope = Good("{" + std::string(odd) + R"(,"model":"m"})");

    EXPECT_EQ(envelope.model, "m") << odd;
    EXPECT_FALSE(envelope.stream || envelope.include_usage || envelope.has_tools) << odd;
    EXPECT_EQ(envelope.max_output_tokens, 0) << odd;
    EXPECT_EQ(envelope.session, "") << odd;
  }
}

TEST(ReadEnvelopeTest, KnowsTheOtherNamesOfTheTokenLimitAndOfReasoning) {
  EXPECT_EQ(Good(R"({"max_tokens":5})").max_output_tokens, 5);
  EXPECT_EQ(Good(R"({"max_completion_tokens":6})").max_output_tokens, 6);
  EXPECT_EQ(Good(R"({"max_output_tokens":9007199254740993})").max_output_tokens, 9007199254740993);
  EXPECT_TRUE(Good(R"({"reasoning_effort":"high"})").has_reasoning);
}

TEST(ReadEnvelopeTest, ReadsWhatClientsOfTheMessagesApiSay) {
  const Envelope envelope =
      Good(R"({"model":"m","max_tokens":32000,"thinking":{"budget_tokens":1,"type":"enabled"},)"
           R"("metadata":{"x":{"user_id":"no"},"user_id":"user_1_session_2"},"tools":[{}],"stream":true})");

  EXPECT_EQ(envelope.max_output_tokens, 32000);
  EXPECT_TRUE(envelope.has_reasoning);
  EXPECT_TRUE(envelope.has_tools);
  EXPECT_TRUE(envelope.stream);
  EXPECT_EQ(envelope.session, "user_1_session_2");
}

TEST(ReadEnvelopeTest, ThinkingThatIsOffOrOddIsNone) {
  EXPECT_TRUE(Good(R"({"thinking":{"type":"adaptive"}})").has_reasoning);
  for (const char* body : {R"({"thinking":{"type":"disabled"},"model":"m"})", R"({"thinking":{},"model":"m"})",
                           R"({"thinking":null,"model":"m"})", R"({"thinking":{"type":5},"model":"m"})",
                           R"({"thinking":true,"model":"m"})"}) {
    EXPECT_FALSE(Good(body).has_reasoning) << body;
    EXPECT_EQ(Good(body).model, "m") << body;
  }
}

TEST(ReadEnvelopeTest, TheCacheKeyNamesTheConversationBeforeTheUser) {
  EXPECT_EQ(Good(R"({"prompt_cache_key":"c","metadata":{"user_id":"u"}})").session, "c");
  EXPECT_EQ(Good(R"({"metadata":{"user_id":"u"},"prompt_cache_key":"c"})").session, "c");
  for (const char* body : {R"({"metadata":{},"model":"m"})", R"({"metadata":{"user_id":5},"model":"m"})",
                           R"({"metadata":"u","model":"m"})", R"({"metadata":null,"model":"m"})"}) {
    EXPECT_EQ(Good(body).session, "") << body;
    EXPECT_EQ(Good(body).model, "m") << body;
  }
}

TEST(ReadEnvelopeTest, FindsImagesInEveryDialect) {
  for (const char* part :
       {R"({"type":"input_image","image_url":"data:"})", R"({"image_url":{"url":"x"},"type":"image_url"})",
        R"({"type":"image","source":{}})", "{\"type\" :\n\t\"image\" }"}) {
    EXPECT_TRUE(Good(R"({"input":[{"content":[)" + std::string(part) + "]}]}").has_images) << part;
  }
}

TEST(ReadEnvelopeTest, WordsAboutImagesAreNone) {
  for (const char* body :
       {R"({"input":"an image"})", R"({"input":"{\"type\":\"image\"}"})", R"({"input":"\"type\":\"input_image\""})",
        R"({"tools":[{"properties":{"image_url":{"type":"string"},"image":{}}}]})", R"({"image":"image"})",
        R"({"enum":["image","input_image"]})", R"({"type":"image_generation"})", R"({"type":"images"})",
        R"({"kind":"image"})", R"({"xtype":"image"})"}) {
    EXPECT_FALSE(Good(body).has_images) << body;
  }
}

TEST(ReadEnvelopeTest, WhatIsNoJsonObjectIsTheClientsFault) {
  for (const std::string text : {"",
                                 " ",
                                 "[]",
                                 "[{\"model\":\"m\"}]",
                                 "\"model\"",
                                 "1",
                                 "null",
                                 "{",
                                 "{\"model\"",
                                 "{\"model\":",
                                 "{\"model\":\"m\"",
                                 "{\"model\":\"m",
                                 "{\"model\":\"m\\\"}",
                                 "{\"model\" \"m\"}",
                                 "{\"model\":\"m\",}",
                                 "{model:\"m\"}",
                                 "{'model':'m'}",
                                 "{\"model\":5}",
                                 "{\"model\":null}",
                                 "{\"model\":{}}",
                                 "{\"model\":\"\xff\"}",
                                 "{\"model\":\"a\nb\"}",
                                 "{\"model\":\"\\x\"}",
                                 "{\"model\":\"\\ud83d\"}",
                                 "hello",
                                 "\xef\xbb",
                                 "{\"a\":1}}",
                                 "{\"input\":[1,2}"}) {
    const Result<Envelope> envelope = Read(text);

    ASSERT_FALSE(envelope) << text;
    EXPECT_EQ(envelope.error().code, Code::kInvalidArgument) << text;
    EXPECT_EQ(envelope.error().reason, "invalid_json") << text;
    EXPECT_FALSE(envelope.error().message.empty()) << text;
  }
}

TEST(ReadEnvelopeTest, TwoModelsAreRefusedBecauseTheRewriteWouldMissOne) {
  for (const char* text : {R"({"model":"a","model":"b"})", R"({"model":"a","x":1,"mod\u0065l":"a"})"}) {
    const Result<Envelope> envelope = Read(text);

    ASSERT_FALSE(envelope) << text;
    EXPECT_THAT(envelope.error().message, HasSubstr("twice"));
  }
}

TEST(ReadEnvelopeTest, NothingMayFollowTheObject) {
  for (const char* text :
       {R"({"model":"a"}{"model":"b"})", R"({"model":"a"} x)", R"({"model":"a"},)", R"({} {})", R"({"a":1}])"}) {
    EXPECT_FALSE(Read(text)) << text;
  }
  EXPECT_TRUE(Read("{\"model\":\"a\"} \r\n\t "));
}

TEST(ReadEnvelopeTest, DeepNestingIsSkippedOrRefusedButNeverFatal) {
  for (const std::size_t depth : {std::size_t{100}, std::size_t{1000}, std::size_t{1'000'000}}) {
    const std::string deep = R"({"input":)" + std::string(depth, '[') + std::string(depth, ']') + R"(,"model":"m"})";

    const Result<Envelope> envelope = Read(deep);

    if (depth <= 1000) {
      ASSERT_TRUE(envelope) << envelope.error().message;
    }
    if (envelope) {
      EXPECT_EQ(envelope->model, "m");
    }
    EXPECT_FALSE(Read(std::string(depth, '[')));
    EXPECT_FALSE(Read(R"({"input":)" + std::string(depth, '[')));
  }
}

TEST(ReadEnvelopeTest, ReadsALargeBodyAndThenASmallOne) {
  const std::string text(10 << 20, 'x');

  const Envelope large = Good(R"({"input":")" + text + R"(","model":"big"})");
  const Envelope small = Good(R"({"model":"small"})");

  EXPECT_EQ(large.model, "big");
  EXPECT_EQ(large.model_offset, text.size() + 20);
  EXPECT_EQ(small.model, "small");
}

TEST(ReadEnvelopeTest, AskedToReadWithoutRoomItFailsInsteadOfReadingOn) {
  std::string tight(R"({"input":")" + std::string(500, 'x') + R"(","model":"m"})");
  tight.shrink_to_fit();
  ASSERT_LT(tight.capacity(), tight.size() + 32);

  EXPECT_FALSE(ReadEnvelope(tight));
}

}  // namespace
}  // namespace wayleave::gateway
