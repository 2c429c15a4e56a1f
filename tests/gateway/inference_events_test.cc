#include "gateway/inference_events.h"

#include <gmock/gmock.h>

#include "gateway/inference_errors.h"
#include "gateway/inference_vectors.h"

namespace wayleave::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string Sse(const std::string& data) { return "event: whatever\ndata: " + data + "\n\n"; }

// Each event in a word, so that a test shows the whole stream.
std::vector<std::string> Words(const std::vector<InferenceEvents::Event>& events) {
  std::vector<std::string> words;
  for (const auto& event : events) {
    if (event.has_text_delta()) words.push_back("text " + event.text_delta());
    if (event.has_reasoning_delta()) words.push_back("think " + event.reasoning_delta());
    if (event.has_reasoning()) words.push_back("thought " + event.reasoning().text() + "|" + event.reasoning().state());
    if (event.has_tool_call())
      words.push_back("call " + event.tool_call().id() + " " + event.tool_call().name() +
                      event.tool_call().arguments());
    if (event.has_completed()) words.push_back("completed " + event.completed().finish_reason());
    if (event.has_failed()) words.push_back("failed " + event.failed().code() + ": " + event.failed().message());
  }
  return words;
}

std::vector<std::string> WordsOf(const std::vector<std::string>& data) {
  InferenceEvents events;
  std::string batch;
  for (const std::string& each : data) batch += Sse(each);
  return Words(events.Read(batch));
}

std::string Text(const std::string& delta) {
  return R"({"type":"response.output_text.delta","delta":")" + delta + "\"}";
}

const char* const kCompleted = R"({"type":"response.completed","response":{"id":"r"}})";

TEST(InferenceEvents, JoinNeighbouringDeltasOfABatch) {
  EXPECT_THAT(WordsOf({Text("Hel"), Text("lo"), Text(" \\u00fc\\n"), kCompleted}),
              ElementsAre("text Hello ü\n", "completed stop"));
}

TEST(InferenceEvents, KeepTheBatchesApart) {
  InferenceEvents events;

  EXPECT_THAT(Words(events.Read(Sse(Text("a")))), ElementsAre("text a"));
  EXPECT_THAT(Words(events.Read(Sse(Text("b")))), ElementsAre("text b"));
}

TEST(InferenceEvents, LeaveOutWhatHasNoTypedForm) {
  InferenceEvents events;

  EXPECT_THAT(events.Read(": keep-alive\n\n"), IsEmpty());
  EXPECT_THAT(events.Read(Sse(R"({"type":"response.created","response":{"id":"r"}})")), IsEmpty());
  EXPECT_THAT(events.Read(Sse(R"({"type":"response.invented_tomorrow","delta":7})")), IsEmpty());
  EXPECT_THAT(events.Read("data: [DONE]\n\n"), IsEmpty());
  EXPECT_THAT(events.Read(""), IsEmpty());
  EXPECT_FALSE(events.ended());
}

TEST(InferenceEvents, CallsComeWhole) {
  EXPECT_THAT(
      WordsOf({R"({"type":"response.output_item.added","item":{"type":"function_call","call_id":"c1","name":"f"}})",
               R"({"type":"response.function_call_arguments.delta","delta":"{\"a\""})",
               R"({"type":"response.output_item.done",)"
               R"("item":{"type":"function_call","call_id":"c1","name":"f","arguments":"{\"a\":1}"}})",
               kCompleted}),
      ElementsAre("call c1 f{\"a\":1}", "completed tool_calls"));
}

TEST(InferenceEvents, ReasoningComesInDeltasThenWhole) {
  EXPECT_THAT(WordsOf({R"({"type":"response.reasoning_summary_part.added"})",
                       R"({"type":"response.reasoning_summary_text.delta","delta":"one"})",
                       R"({"type":"response.reasoning_summary_part.added"})",
                       R"({"type":"response.reasoning_summary_text.delta","delta":"two"})",
                       R"({"type":"response.output_item.done","item":{"type":"reasoning","encrypted_content":"xyz",)"
                       R"("summary":[{"type":"summary_text","text":"one two"}]}})",
                       Text("hi"), kCompleted}),
              ElementsAre("think one\n\ntwo", "thought one two|xyz", "text hi", "completed stop"));
}

TEST(InferenceEvents, ReadServersThatSendNoDeltas) {
  EXPECT_THAT(WordsOf({R"({"type":"response.output_item.done","item":{"type":"reasoning","summary":[],)"
                       R"("content":[{"type":"reasoning_text","text":"hm"}],"encrypted_content":null}})",
                       R"({"type":"response.output_item.done","item":{"type":"message",)"
                       R"("content":[{"type":"output_text","text":"all "},{"type":"refusal","refusal":"of it"}]}})",
                       kCompleted}),
              ElementsAre("think hm", "thought hm|", "text all of it", "completed stop"));
}

TEST(InferenceEvents, RepeatNothingThatCameInDeltas) {
  const std::string done = R"({"type":"response.output_item.done",)"
                           R"("item":{"type":"message","content":[{"type":"output_text","text":"hi"}]}})";

  EXPECT_THAT(WordsOf({Text("hi"), done, kCompleted}), ElementsAre("text hi", "completed stop"));
}

TEST(InferenceEvents, SayWhyAnAnswerWasCut) {
  const auto ending = [](const std::string& reason) {
    return R"({"type":"response.incomplete","response":{"incomplete_details":{"reason":")" + reason + "\"}}}";
  };
  EXPECT_THAT(WordsOf({ending("max_output_tokens")}), ElementsAre("completed length"));
  EXPECT_THAT(WordsOf({ending("content_filter")}), ElementsAre("completed content_filter"));
}

TEST(InferenceEvents, FailWithTheProvidersWords) {
  EXPECT_THAT(
      WordsOf({R"({"type":"response.failed","response":{"error":{"code":"rate_limit_exceeded","message":"Wait."}}})"}),
      ElementsAre("failed rate_limit_exceeded: Wait."));
  EXPECT_THAT(WordsOf({R"({"type":"response.failed","response":{"error":null}})"}),
              ElementsAre("failed server_error: The provider's answer broke off. Please try again."));
}

TEST(InferenceEvents, EndWithOneTerminalEvent) {
  InferenceEvents events;

  EXPECT_THAT(Words(events.Read(Sse(kCompleted) + Sse(Text("late")) + Sse(kCompleted))), ElementsAre("completed stop"));
  EXPECT_TRUE(events.ended());
  EXPECT_THAT(events.Read(Sse(kCompleted)), IsEmpty());
}

TEST(InferenceEvents, AnEventThatCannotBeReadEndsTheStream) {
  for (const std::string bad : {"{\"type\":", "nonsense", "{\"type\":\"x\",\"delta\":\"\xff\"}"}) {
    InferenceEvents events;
    EXPECT_THAT(
        Words(events.Read(Sse(Text("a")) + Sse(bad) + Sse(Text("b")))),
        ElementsAre("text a", "failed upstream_bad_response: An event of the provider's answer can't be read."));
    EXPECT_TRUE(events.ended());
    EXPECT_TRUE(events.unreadable());
  }
}

http::Response ErrorPage(int status, const std::string& body) {
  http::Response response;
  response.status = status;
  response.body = body;
  return response;
}

TEST(ErrorOf, TurnsStatusesIntoCodes) {
  const std::pair<int, Code> cases[] = {
      {400, Code::kInvalidArgument},   {401, Code::kUnauthenticated},  {402, Code::kResourceExhausted},
      {403, Code::kPermissionDenied},  {404, Code::kNotFound},         {409, Code::kAborted},
      {413, Code::kResourceExhausted}, {422, Code::kInvalidArgument},  {429, Code::kResourceExhausted},
      {500, Code::kUnavailable},       {501, Code::kUnimplemented},    {502, Code::kUnavailable},
      {503, Code::kUnavailable},       {504, Code::kDeadlineExceeded},
  };
  for (const auto& [status, code] : cases) EXPECT_EQ(ErrorOf(ErrorPage(status, "{}")).code, code) << status;
}

TEST(ErrorOf, TakesTheWordsAndTheTime) {
  http::Response page = ErrorPage(429, R"({"error":{"message":"Slow.","type":"t","code":"rate_limit_exceeded"}})");
  page.headers.Add("Retry-After", "7");

  const Error error = ErrorOf(page);

  EXPECT_EQ(error.message, "Slow.");
  EXPECT_EQ(error.reason, "rate_limit_exceeded");
  EXPECT_EQ(error.retry_after, std::chrono::seconds(7));
}

TEST(ErrorOf, MakesDoWithWhatProvidersSend) {
  EXPECT_EQ(ErrorOf(ErrorPage(400, R"({"error":{"message":"No.","type":"bad","code":null}})")).reason, "bad");
  EXPECT_EQ(ErrorOf(ErrorPage(502, "<html>")).message, "The provider refused with status 502.");
  EXPECT_EQ(ErrorOf(ErrorPage(500, R"({"error":"text"})")).message, "The provider refused with status 500.");
  EXPECT_FALSE(ErrorOf(ErrorPage(503, "{}")).retry_after.has_value());
}

TEST(ErrorOf, CutsLongMessagesBetweenCharacters) {
  std::string umlauts;
  for (int i = 0; i < 5000; ++i) umlauts += "ü";

  const std::string cut = ErrorOf(ErrorPage(400, R"({"error":{"message":"x)" + umlauts + R"("}})")).message;

  EXPECT_LE(cut.size(), 1203u);
  EXPECT_TRUE(cut.ends_with("ü..."));
}

TEST(ReadVectors, TakesNumbersInTheOrderOfTheirIndex) {
  const auto read =
      ReadVectors(R"({"data":[{"index":1,"embedding":[3,4.5]},{"index":0,"embedding":[-1e-3,2]}],"model":"m"})", 2);

  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_THAT(read->embeddings(0).values(), ElementsAre(-1e-3f, 2.0f));
  EXPECT_THAT(read->embeddings(1).values(), ElementsAre(3.0f, 4.5f));
}

TEST(ReadVectors, TakesBase64OfFloats) {
  const auto read = ReadVectors(R"({"data":[{"embedding":"AACAPwAAAMA="}]})", 1);

  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_THAT(read->embeddings(0).values(), ElementsAre(1.0f, -2.0f));
}

TEST(ReadVectors, RefusesWhatDoesNotFit) {
  for (const char* document :
       {"<html>", "[]", R"({"data":{}})", R"({"data":[]})", R"({"data":[{"embedding":[1]}]})",
        R"({"data":[{"embedding":[1]},{"embedding":[2]},{"embedding":[3]}]})",
        R"({"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[2]}]})",
        R"({"data":[{"index":-1,"embedding":[1]},{"index":0,"embedding":[2]}]})",
        R"({"data":[{"embedding":["x"]},{"embedding":[2]}]})", R"({"data":[{"embedding":"AACA"},{"embedding":[2]}]})",
        R"({"data":[{"embedding":"!!!!!!!!"},{"embedding":[2]}]})",
        R"({"data":[{"embedding":[]},{"embedding":[2]}]})"}) {
    const auto read = ReadVectors(document, 2);
    ASSERT_FALSE(read.ok()) << document;
    EXPECT_EQ(read.error().code, Code::kUnavailable);
    EXPECT_EQ(read.error().reason, "upstream_bad_response");
  }
}

}  // namespace
}  // namespace wayleave::gateway
