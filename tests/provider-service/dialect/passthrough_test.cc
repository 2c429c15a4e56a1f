#include "provider-service/dialect/passthrough.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/provider-service/dialect/golden.h"
#include "tests/provider-service/dialect/strict_responses.h"

namespace wayleave::provider {
namespace {

using testing::Count;
using testing::Ending;
using testing::Golden;
using testing::Sink;
using Json = nlohmann::ordered_json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

const Golden& Passed() {
  static const Golden golden("passthrough");
  return golden;
}

PassThroughOptions Options(bool stream, bool strip = false) {
  PassThroughOptions options;
  options.stream = stream;
  options.strip_usage_chunk = strip;
  options.client_model = "client-model";
  options.created_at = 1700000000;
  options.ids = testing::CountingIds();
  return options;
}

// The dialect is the first word of the case's name; a document's is followed by "document".
std::unique_ptr<Reply> ReplyFor(const std::string& name) {
  const bool stream = name.find("_document_") == std::string::npos;
  const bool strip = name.find("_stripped") != std::string::npos;
  return name.starts_with("chat") ? MakeChatPassThrough(Options(stream, strip))
                                  : MakeResponsesPassThrough(Options(stream));
}

Sink Pass(const std::string& name, std::string_view upstream, std::size_t piece = 1 << 20,
          Ending ending = Ending::kEnd) {
  Sink sink;
  testing::Run(*ReplyFor(name), upstream, piece, ending, sink);
  return sink;
}

int Endings(std::string_view sse) {
  return Count(sse, "\"type\":\"response.completed\"") + Count(sse, "\"type\":\"response.incomplete\"") +
         Count(sse, "\"type\":\"response.failed\"") + Count(sse, "data: [DONE]") + Count(sse, "data: {\"error\":");
}

class PassThroughGolden : public ::testing::TestWithParam<std::string> {
 protected:
  const std::string upstream_ = Passed().Read(GetParam() + ".in");
};

TEST_P(PassThroughGolden, Passes) {
  const Sink sink = Pass(GetParam(), upstream_);

  Passed().Expect(GetParam() + ".out", Told(sink));
}

TEST_P(PassThroughGolden, IsTheSameWhateverThePieces) {
  const std::string whole = Told(Pass(GetParam(), upstream_));

  for (const std::size_t piece : {1, 2, 3, 7, 64}) EXPECT_EQ(Told(Pass(GetParam(), upstream_, piece)), whole);
}

TEST_P(PassThroughGolden, EndsExactlyOnceWhereverTheUpstreamStops) {
  const bool stream = GetParam().find("_document_") == std::string::npos;
  for (std::size_t size = 0; size <= upstream_.size(); ++size) {
    for (const Ending ending : {Ending::kEnd, Ending::kBreak}) {
      const Sink sink = Pass(GetParam(), std::string_view(upstream_).substr(0, size), 1 << 20, ending);
      ASSERT_NE(sink.out.finish, Finish::kNone);
      if (stream) {
        ASSERT_EQ(Endings(sink.bytes), 1) << sink.bytes;
        ASSERT_TRUE(sink.bytes.ends_with("\n\n") || sink.bytes.ends_with("\n\r\n")) << sink.bytes;
      } else {
        ASSERT_NE(sink.bytes.empty(), !sink.out.failure.has_value());
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, PassThroughGolden, ::testing::ValuesIn(Passed().Cases(".in")),
                         [](const auto& golden) { return golden.param; });

TEST(PassThrough, GivesOutWhatItGotByteForByte) {
  for (const char* name : {"responses_openai", "responses_crlf_and_comments", "chat_openai", "chat_crlf_and_comments",
                           "chat_deepseek_stripped"}) {
    const std::string upstream = Passed().Read(std::string(name) + ".in");
    EXPECT_EQ(Pass(name, upstream).bytes, upstream) << name;
  }
}

TEST(PassThrough, GivesOutOnlyWholeEvents) {
  for (const char* name : {"responses_openai", "chat_openai"}) {
    const std::string upstream = Passed().Read(std::string(name) + ".in");
    const auto reply = ReplyFor(name);
    Sink sink;
    reply->Begin(sink.out);
    for (const char byte : upstream) {
      reply->Feed(std::string_view(&byte, 1), sink.out);
      if (!sink.out.bytes.empty()) {
        EXPECT_THAT(sink.out.bytes.substr(sink.out.bytes.size() - 2), "\n\n");
      }
      sink.Take();
    }
    EXPECT_EQ(sink.bytes, upstream);
  }
}

TEST(ResponsesPassThrough, EndsABrokenStreamWithTheSeenIdAndTheNextNumber) {
  const std::string upstream = Passed().Read("responses_openai.in");
  const std::string part = upstream.substr(0, upstream.find("event: response.output_text.done"));

  const Sink sink = Pass("responses", part, 1 << 20, Ending::kBreak);

  ASSERT_THAT(sink.bytes, StartsWith(part));
  const std::string ending = sink.bytes.substr(part.size());
  ASSERT_THAT(ending, StartsWith("event: response.failed\ndata: {"));
  const Json event = Json::parse(ending.substr(ending.find('{')));
  EXPECT_EQ(event["response"]["id"], "resp_abc");
  EXPECT_EQ(event["response"]["model"], "gpt-5.5-2026");
  EXPECT_EQ(event["response"]["error"]["code"], "server_error");
  EXPECT_EQ(event["response"]["error"]["message"], "The connection to the model server broke.");
  EXPECT_EQ(event["sequence_number"], 6);
  EXPECT_EQ(sink.out.finish, Finish::kFailed);
}

TEST(ResponsesPassThrough, MakesAWholeAnswerOfNothing) {
  const Sink sink = Pass("responses", "", 1, Ending::kBreak);

  EXPECT_THAT(testing::FaultsOfStream(sink.bytes), IsEmpty());
}

// The data of the last event of each of these types.
Json Event(const std::string& name, std::string_view type) {
  const std::string sse = Pass(name, Passed().Read(name + ".in")).bytes;
  const std::size_t event = sse.rfind("\ndata: {\"type\":\"" + std::string(type) + "\"");
  if (event == std::string::npos) return nullptr;
  const std::size_t begin = sse.find('{', event);
  return Json::parse(sse.substr(begin, sse.find('\n', begin) - begin), nullptr, false);
}

// As Codex reads them: three integers, and details with their integer or none.
TEST(ResponsesPassThrough, TellsAUsageThatCodexCanRead) {
  for (const char* name : {"responses_usage_without_total", "responses_usage_in_chat_words",
                           "responses_usage_with_empty_details", "responses_usage_of_doubles"}) {
    const Json usage = Event(name, "response.completed")["response"]["usage"];
    for (const char* key : {"input_tokens", "output_tokens", "total_tokens"}) {
      EXPECT_TRUE(usage[key].is_number_integer()) << name << " " << usage;
    }
    EXPECT_EQ(usage["total_tokens"], 15) << name;
    EXPECT_TRUE(usage["input_tokens_details"]["cached_tokens"].is_number_integer()) << name;
    EXPECT_TRUE(usage["output_tokens_details"]["reasoning_tokens"].is_number_integer()) << name;
    EXPECT_EQ(Pass(name, Passed().Read(std::string(name) + ".in")).out.usage->total_tokens, 15) << name;
  }
  EXPECT_TRUE(Event("responses_usage_that_is_none", "response.completed")["response"]["usage"].is_null());
}

TEST(ResponsesPassThrough, NamesTheResponseThatEnds) {
  EXPECT_EQ(Event("responses_completed_without_id", "response.completed")["response"]["id"], "resp_m");
  EXPECT_EQ(Event("responses_bare_deltas_only", "response.completed")["response"]["id"], "resp_2");
}

TEST(ResponsesPassThrough, EndsWithAWholeResponseWhereThereIsNone) {
  const std::string name = "responses_completed_without_response";
  const Json event = Event(name, "response.completed");
  const Json item = Event(name, "response.output_item.done")["item"];

  EXPECT_EQ(event["sequence_number"], 5);
  EXPECT_EQ(event["response"]["id"], "resp_m");
  EXPECT_EQ(event["response"]["status"], "completed");
  EXPECT_EQ(event["response"]["output"], Json::array({item}));
  EXPECT_EQ(Event("responses_failed_without_response", "response.failed")["response"]["error"]["message"],
            "The GPU is gone");
}

TEST(ResponsesPassThrough, TellsAtTheEndTheMessageThatCameInDeltasOnly) {
  const Json told = Event("responses_deltas_only", "response.output_item.done");
  const Json end = Event("responses_deltas_only", "response.completed");

  EXPECT_EQ(told["item"]["content"][0]["text"], "Hi \"you\"");
  EXPECT_EQ(told["item"]["id"], "msg_1");
  EXPECT_EQ(told["sequence_number"], 4);
  EXPECT_EQ(end["sequence_number"], 5);
  EXPECT_EQ(end["response"]["output"], Json::array({told["item"]}));
  EXPECT_EQ(Event("responses_bare_deltas_only", "response.output_item.done")["item"]["content"][0]["text"],
            "Hällo \\o/ \n");
  EXPECT_EQ(Event("responses_deltas_only_and_cut", "response.output_item.done")["item"]["status"], "incomplete");
}

// A call that may have been cut must not be executed.
TEST(ResponsesPassThrough, TellsItemsThatOnlyTheResponseHas) {
  const Json call = Event("responses_items_only_at_the_end", "response.output_item.done")["item"];
  EXPECT_EQ(call["arguments"], R"({"cmd":"ls"})");
  EXPECT_FALSE(call["call_id"].get<std::string>().empty());

  const Json cut = Event("responses_items_only_at_the_end_and_cut", "response.output_item.done")["item"];
  EXPECT_EQ(cut["type"], "message");
}

TEST(ResponsesPassThrough, TellsNoTextThatNobodyCanRead) {
  const std::string delta =
      "data: {\"type\":\"response.output_text.delta\",\"item_id\":\"m\",\"delta\":\"\\ud800 is no text\"}\n\n";

  const std::string end = "data: {\"type\":\"response.completed\",\"response\":{\"id\":\"r\"}}\n\n";

  const Sink sink = Pass("responses", delta + end);

  EXPECT_THAT(sink.bytes, StartsWith(delta));
  EXPECT_THAT(sink.bytes, Not(HasSubstr("output_item.done")));
}

TEST(ResponsesPassThrough, KeepsAliveWithDataBetweenEvents) {
  const auto reply = MakeResponsesPassThrough(Options(true));
  Output out;
  reply->Feed(
      "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"id\":\"resp_x\"},"
      "\"sequence_number\":0}\n\nevent: response.output_text.delta\ndata: {\"type\"",
      out);
  out.bytes.clear();

  reply->KeepAlive(out);

  EXPECT_THAT(out.bytes, StartsWith("event: response.in_progress\ndata: {\"type\":\"response.in_progress\","
                                    "\"response\":{\"id\":\"resp_x\",\"object\":\"response\""));
  EXPECT_TRUE(out.bytes.ends_with("\n\n"));
}

TEST(ChatPassThrough, KeepsAliveWithAComment) {
  const auto reply = MakeChatPassThrough(Options(true));
  Output out;
  reply->Feed("data: {\"choi", out);

  reply->KeepAlive(out);

  EXPECT_EQ(out.bytes, ": keep-alive\n\n");
  EXPECT_EQ(out.events, 0u);
}

// OpenAI's clients raise an `error` in a chunk; [DONE] behind it would tell simpler ones that all is well.
TEST(ChatPassThrough, EndsABrokenStreamWithAnErrorAndWithoutDone) {
  const Sink sink =
      Pass("chat", "data: {\"choices\":[{\"delta\":{\"content\":\"Hal\"}}]}\n\ndata: {\"cho", 1 << 20, Ending::kBreak);

  EXPECT_TRUE(sink.bytes.ends_with(
      "\n\ndata: {\"error\":{\"message\":\"The connection to the model server broke.\",\"type\":\"server_error\","
      "\"param\":null,\"code\":\"server_error\"}}\n\n"))
      << sink.bytes;
  EXPECT_THAT(sink.bytes, Not(HasSubstr("[DONE]")));
}

TEST(PassThrough, EndsAtAnEventWithoutEnd) {
  for (const char* name : {"responses", "chat", "chat_document_x"}) {
    PassThroughOptions options = Options(std::string_view(name).find("document") == std::string_view::npos);
    options.max_event_bytes = 1000;
    const auto reply =
        std::string_view(name).starts_with("chat") ? MakeChatPassThrough(options) : MakeResponsesPassThrough(options);
    Output out;

    for (int i = 0; i < 2000; ++i) reply->Feed("x", out);

    EXPECT_EQ(out.finish, Finish::kFailed) << name;
    EXPECT_EQ(out.error_code, "upstream_bad_response") << name;
    EXPECT_NE(out.bytes.empty(), !out.failure.has_value()) << name;
  }
}

TEST(PassThrough, TakesATextForWhatItIs) {
  const std::string text =
      R"(data: {"choices":[{"delta":{"content":)"
      R"("\"finish_reason\":\"stop\",\"usage\":{\"prompt_tokens\":1},\"error\":{}"}}]})"
      "\n\n";

  const Sink sink = Pass("chat", text);

  EXPECT_EQ(sink.out.finish, Finish::kFailed);  // the answer did not end
  EXPECT_FALSE(sink.out.usage.has_value());
  EXPECT_THAT(sink.bytes, StartsWith(text));
}

}  // namespace
}  // namespace wayleave::provider
