#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "provider-service/dialect/translate.h"
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

const Golden& Replies() {
  static const Golden golden("replies");
  return golden;
}

std::unique_ptr<Reply> ReplyFor(const std::string& name, bool stream) {
  const std::string request = Replies().Has(name + ".request.json") ? name + ".request.json" : "default.request.json";
  TranslateOptions options;
  options.upstream_model = "upstream-model";
  options.client_model = "client-model";
  options.client_stream = stream;
  options.created_at = 1700000000;
  options.ids = testing::CountingIds();
  return std::move(Translate(Replies().Read(request), options)->reply);
}

Sink Answer(const std::string& name, std::string_view upstream, bool stream = true, std::size_t piece = 1 << 20,
            Ending ending = Ending::kEnd) {
  Sink sink;
  testing::Run(*ReplyFor(name, stream), upstream, piece, ending, sink);
  return sink;
}

int Terminals(std::string_view sse) {
  return Count(sse, "event: response.completed\n") + Count(sse, "event: response.incomplete\n") +
         Count(sse, "event: response.failed\n");
}

class ReplyGolden : public ::testing::TestWithParam<std::string> {
 protected:
  const std::string upstream_ = Replies().Read(GetParam() + ".chat.sse");
};

TEST_P(ReplyGolden, BecomesTheResponsesStream) {
  const Sink sink = Answer(GetParam(), upstream_);

  EXPECT_THAT(testing::FaultsOfStream(sink.bytes), IsEmpty());
  Replies().Expect(GetParam() + ".responses.sse", Told(sink));
}

TEST_P(ReplyGolden, BecomesTheResponsesDocument) {
  const Sink sink = Answer(GetParam(), upstream_, false);

  EXPECT_NE(sink.bytes.empty(), !sink.out.failure.has_value());
  Replies().Expect(GetParam() + ".document.json", Told(sink));
}

TEST_P(ReplyGolden, IsTheSameWhateverThePieces) {
  const std::string whole = Told(Answer(GetParam(), upstream_));

  for (const std::size_t piece : {1, 2, 3, 7, 64}) EXPECT_EQ(Told(Answer(GetParam(), upstream_, true, piece)), whole);
}

TEST_P(ReplyGolden, IsTheSameWithOtherLineEnds) {
  const std::string whole = Told(Answer(GetParam(), upstream_));

  for (const char* end : {"\r\n", "\r"}) {
    std::string other = "\xEF\xBB\xBF";
    for (const char c : upstream_) c == '\n' ? other += end : other += c;
    EXPECT_EQ(Told(Answer(GetParam(), other)), whole);
    EXPECT_EQ(Told(Answer(GetParam(), other, true, 1)), whole);
  }
}

TEST_P(ReplyGolden, EndsExactlyOnceWhereverTheUpstreamStops) {
  for (std::size_t size = 0; size <= upstream_.size(); ++size) {
    for (const Ending ending : {Ending::kEnd, Ending::kBreak}) {
      const auto part = std::string_view(upstream_).substr(0, size);
      const Sink stream = Answer(GetParam(), part, true, 1 << 20, ending);
      ASSERT_EQ(Terminals(stream.bytes), 1) << "after " << part;
      ASSERT_THAT(testing::FaultsOfStream(stream.bytes), IsEmpty()) << "after " << part;
      ASSERT_NE(stream.out.finish, Finish::kNone);
      if (size % 8 != 0) continue;
      const Sink document = Answer(GetParam(), part, false, 1 << 20, ending);
      ASSERT_NE(document.bytes.empty(), !document.out.failure.has_value()) << "after " << part;
      ASSERT_EQ(document.out.finish, stream.out.finish);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, ReplyGolden, ::testing::ValuesIn(Replies().Cases(".chat.sse")),
                         [](const auto& golden) { return golden.param; });

std::string Chunk(const Json& delta, const char* finish = nullptr) {
  Json choice = {{"index", 0}, {"delta", delta}, {"finish_reason", nullptr}};
  if (finish) choice["finish_reason"] = finish;
  return "data: " + Json{{"object", "chat.completion.chunk"}, {"choices", Json::array({choice})}}.dump() + "\n\n";
}

std::string CallChunk(const Json& call) { return Chunk({{"tool_calls", Json::array({call})}}); }

Json Items(const Sink& sink) {
  Json items = Json::array();
  constexpr std::string_view kDone = "event: response.output_item.done\ndata: ";
  for (std::size_t at = 0; (at = sink.bytes.find(kDone, at)) != std::string::npos;) {
    at = sink.bytes.find('{', at);
    items.push_back(Json::parse(sink.bytes.substr(at, sink.bytes.find('\n', at) - at))["item"]);
  }
  return items;
}

// What happened: {"cmd":"a"}{"cmd":"b"} in one call. Codex sends such a string again for ever, and a strict server
// refuses the conversation from then on.
TEST(FirstAttempt, GluedTwoCallsWithoutIndexTogether) {
  const std::string upstream =
      CallChunk({{"id", "call_0"}, {"function", {{"name", "exec_command"}, {"arguments", R"({"cmd":"a"})"}}}}) +
      CallChunk({{"id", "call_0"}, {"function", {{"name", "exec_command"}, {"arguments", R"({"cmd":"b"})"}}}}) +
      Chunk(Json::object(), "stop") + "data: [DONE]\n\n";

  const Json items = Items(Answer("default", upstream));

  ASSERT_EQ(items.size(), 2u);
  EXPECT_EQ(items[0]["arguments"], R"({"cmd":"a"})");
  EXPECT_EQ(items[1]["arguments"], R"({"cmd":"b"})");
  EXPECT_NE(items[0]["call_id"], items[1]["call_id"]);
}

// What happened: Codex throws a response.failed away whose code is no string, message and all.
TEST(FirstAttempt, SentANumberAsErrorCode) {
  const Sink sink = Answer("default", "data: {\"error\":{\"message\":\"CUDA out of memory\",\"code\":500}}\n\n");

  EXPECT_THAT(sink.bytes, HasSubstr(R"("error":{"code":"server_error","message":"CUDA out of memory"})"));
}

// The name comes again with each piece, and once more behind the last.
TEST(Calls, MayRepeatTheirNameInEachPiece) {
  const auto piece = [](const char* text) {
    return CallChunk({{"function", {{"name", "exec_command"}, {"arguments", text}}}});
  };

  const Json items = Items(Answer("default", piece("{\"cmd\"") + piece(":\"a\"}") + piece("") + "data: [DONE]\n\n"));

  ASSERT_EQ(items.size(), 1u);
  EXPECT_EQ(items[0]["arguments"], R"({"cmd":"a"})");
}

TEST(Calls, WithTheSameNameAndNoIndexMayComeInPieces) {
  const auto begin = CallChunk({{"id", "call_0"}, {"function", {{"name", "exec_command"}, {"arguments", ""}}}});
  const auto more = CallChunk({{"function", {{"arguments", R"({"cmd":"a"})"}}}});

  const Json items = Items(Answer("default", begin + more + begin + more + "data: [DONE]\n\n"));

  ASSERT_EQ(items.size(), 2u);
  EXPECT_EQ(items[0]["arguments"], R"({"cmd":"a"})");
  EXPECT_EQ(items[1]["arguments"], R"({"cmd":"a"})");
}

TEST(Calls, GetAnIdThatTheConversationDoesNotHaveYet) {
  const std::string upstream =
      CallChunk({{"id", "call_used"}, {"function", {{"name", "exec_command"}, {"arguments", "{}"}}}}) +
      "data: [DONE]\n\n";

  const Json items = Items(Answer("used_ids", upstream));

  ASSERT_EQ(items.size(), 1u);
  EXPECT_NE(items[0]["call_id"], "call_used");
}

TEST(KeepAlive, IsAnEventWithDataAndTheWholeResponse) {
  const auto reply = ReplyFor("default", true);
  Output out;
  reply->Begin(out);

  reply->KeepAlive(out);
  reply->Feed(Chunk({{"content", "hi"}}, "stop"), out);
  reply->KeepAlive(out);
  reply->End(out);

  EXPECT_THAT(testing::FaultsOfStream(out.bytes), IsEmpty());
  EXPECT_EQ(Count(out.bytes, "event: response.in_progress\n"), 3);
}

TEST(KeepAlive, SaysNothingInADocument) {
  const auto reply = ReplyFor("default", false);
  Output out;
  reply->Begin(out);

  reply->KeepAlive(out);

  EXPECT_EQ(out.bytes, "");
  EXPECT_EQ(out.events, 0u);
}

TEST(Answer, IsWholeWhenTheConnectionBreaksBehindItsFinishReason) {
  const Sink sink = Answer("default", Chunk({{"content", "hi"}}, "stop"), true, 1 << 20, Ending::kBreak);

  EXPECT_EQ(sink.out.finish, Finish::kCompleted);
  EXPECT_FALSE(sink.out.usage.has_value());
  EXPECT_THAT(sink.bytes, HasSubstr("\"usage\":null"));
}

TEST(Answer, NeverGivesOutACallThatMayBeCutShort) {
  const Json function = {{"name", "exec_command"}, {"arguments", R"({"cmd":"rm"})"}};
  const std::string call = CallChunk({{"index", 0}, {"id", "a"}, {"function", function}});

  EXPECT_THAT(Answer("default", call).bytes, Not(HasSubstr("function_call")));
  EXPECT_THAT(Answer("default", call + Chunk(Json::object(), "length")).bytes, Not(HasSubstr("function_call")));
}

TEST(Answer, EndsAtAnEventWithoutEnd) {
  const auto reply = ReplyFor("default", true);
  Output out;
  reply->Begin(out);
  const std::string piece(std::size_t{1} << 20, 'x');

  reply->Feed("data: ", out);
  for (int i = 0; i < 40; ++i) reply->Feed(piece, out);

  EXPECT_EQ(out.finish, Finish::kFailed);
  EXPECT_EQ(out.error_code, "upstream_bad_response");
  EXPECT_EQ(Terminals(out.bytes), 1);
}

TEST(Answer, EscapesWhatJsonCannotHold) {
  const std::string hard = "quote \" backslash \\ newline \n tab \t bell \x07 \xC3\xBC \xF0\x9F\x98\x80 \x7F";

  const Sink sink = Answer("default", Chunk({{"content", hard}}, "stop"));

  EXPECT_THAT(testing::FaultsOfStream(sink.bytes), IsEmpty());
  EXPECT_EQ(Items(sink)[0]["content"][0]["text"], hard);
}

}  // namespace
}  // namespace wayleave::provider
