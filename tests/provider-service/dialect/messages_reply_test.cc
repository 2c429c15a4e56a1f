#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "provider-service/dialect/messages/thinking.h"
#include "provider-service/dialect/translate.h"
#include "tests/provider-service/dialect/golden.h"
#include "tests/provider-service/dialect/strict_messages.h"
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
  static const Golden golden("messages_replies");
  return golden;
}

const char* RequestOf(Dialect client) {
  switch (client) {
    case Dialect::kChat:
      return R"({"messages":[{"role":"user","content":"go"}],"tools":[{"type":"function",
        "function":{"name":"exec","parameters":{"type":"object"}}}]})";
    case Dialect::kMessages:
      return R"({"messages":[{"role":"user","content":"go"}],"thinking":{"type":"adaptive"},
        "tools":[{"name":"exec","input_schema":{"type":"object"}}]})";
    default:
      return R"({"input":"go","tools":[{"type":"function","name":"exec"},
        {"type":"custom","name":"apply_patch"}]})";
  }
}

std::unique_ptr<Reply> ReplyFor(Dialect client, bool stream) {
  TranslateOptions options;
  options.client = client;
  options.upstream = Dialect::kMessages;
  options.upstream_model = "claude-opus-4-8";
  options.client_model = "client-model";
  options.client_stream = stream;
  options.created_at = 1700000000;
  options.ids = testing::CountingIds();
  return std::move(Translate(RequestOf(client), options)->reply);
}

Sink Answer(std::string_view upstream, bool stream = true, std::size_t piece = 1 << 20, Ending ending = Ending::kEnd,
            Dialect client = Dialect::kResponses) {
  Sink sink;
  testing::Run(*ReplyFor(client, stream), upstream, piece, ending, sink);
  return sink;
}

int Terminals(std::string_view sse) {
  return Count(sse, "event: response.completed\n") + Count(sse, "event: response.incomplete\n") +
         Count(sse, "event: response.failed\n");
}

class MessagesReplyGolden : public ::testing::TestWithParam<std::string> {
 protected:
  const std::string upstream_ = Replies().Read(GetParam() + ".messages.sse");
};

TEST_P(MessagesReplyGolden, BecomesTheResponsesStream) {
  const Sink sink = Answer(upstream_);

  EXPECT_THAT(testing::FaultsOfStream(sink.bytes), IsEmpty());
  Replies().Expect(GetParam() + ".responses.sse", Told(sink));
}

TEST_P(MessagesReplyGolden, BecomesTheResponsesDocument) {
  const Sink sink = Answer(upstream_, false);

  EXPECT_NE(sink.bytes.empty(), !sink.out.failure.has_value());
  Replies().Expect(GetParam() + ".document.json", Told(sink));
}

TEST_P(MessagesReplyGolden, BecomesTheChatStream) {
  const Sink sink = Answer(upstream_, true, 1 << 20, Ending::kEnd, Dialect::kChat);

  EXPECT_EQ(Count(sink.bytes, "data: [DONE]") + Count(sink.bytes, "data: {\"error\":"), 1) << sink.bytes;
  Replies().Expect(GetParam() + ".chat.sse", Told(sink));
}

TEST_P(MessagesReplyGolden, IsTheSameWhateverThePieces) {
  const std::string whole = Told(Answer(upstream_));

  for (const std::size_t piece : {1, 2, 3, 7, 64}) EXPECT_EQ(Told(Answer(upstream_, true, piece)), whole);
}

TEST_P(MessagesReplyGolden, EndsExactlyOnceWhereverTheUpstreamStops) {
  for (std::size_t size = 0; size <= upstream_.size(); ++size) {
    for (const Ending ending : {Ending::kEnd, Ending::kBreak}) {
      const auto part = std::string_view(upstream_).substr(0, size);
      const Sink stream = Answer(part, true, 1 << 20, ending);
      ASSERT_EQ(Terminals(stream.bytes), 1) << "after " << part;
      if (size % 11 != 0) continue;
      ASSERT_THAT(testing::FaultsOfStream(stream.bytes), IsEmpty()) << "after " << part;
      const Sink again = Answer(part, true, 1 << 20, ending, Dialect::kMessages);
      ASSERT_THAT(testing::FaultsOfMessagesStream(again.bytes), IsEmpty()) << "after " << part;
      const Sink document = Answer(part, false, 1 << 20, ending);
      ASSERT_NE(document.bytes.empty(), !document.out.failure.has_value()) << "after " << part;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, MessagesReplyGolden, ::testing::ValuesIn(Replies().Cases(".messages.sse")),
                         [](const auto& golden) { return golden.param; });

Json Event(const char* type, Json more) {
  Json event = {{"type", type}};
  event.update(more);
  return event;
}

std::string Sse(const Json& event) {
  return "event: " + event["type"].get<std::string>() + "\ndata: " + event.dump() + "\n\n";
}

std::string ErrorOf(const char* type, const char* message) {
  return Answer(Sse(Event("error", {{"error", {{"type", type}, {"message", message}}}}))).out.error_code;
}

TEST(MessagesReply, TellsErrorsInTheWordsThatCodexKnows) {
  EXPECT_EQ(ErrorOf("overloaded_error", "Overloaded"), "server_is_overloaded");
  EXPECT_EQ(ErrorOf("rate_limit_error", "Slow down"), "rate_limit_exceeded");
  EXPECT_EQ(ErrorOf("api_error", "Internal server error"), "server_error");
  EXPECT_EQ(ErrorOf("invalid_request_error", "prompt is too long: 5 tokens > 4 maximum"), "context_length_exceeded");
  EXPECT_EQ(ErrorOf("invalid_request_error", "input length and `max_tokens` exceed context limit: 9 + 9 > 9"),
            "context_length_exceeded");
  EXPECT_EQ(ErrorOf("invalid_request_error", "bad"), "invalid_prompt");
}

TEST(MessagesReply, NeverGivesOutACallThatWasCut) {
  const std::string call =
      Sse(Event("content_block_start",
                {{"index", 0}, {"content_block", {{"type", "tool_use"}, {"id", "a"}, {"name", "exec"}}}})) +
      Sse(Event("content_block_delta",
                {{"index", 0}, {"delta", {{"type", "input_json_delta"}, {"partial_json", "{\"cmd\":\"rm\"}"}}}}));
  const std::string cut = Sse(Event("message_delta", {{"delta", {{"stop_reason", "max_tokens"}}}}));

  EXPECT_THAT(Answer(call).bytes, Not(HasSubstr("function_call")));
  EXPECT_THAT(Answer(call + cut).bytes, Not(HasSubstr("function_call")));
}

TEST(MessagesReply, SealsEachThoughtForTheModelThatThoughtIt) {
  const Sink sink = Answer(Replies().Read("thinking.messages.sse"));

  const std::size_t at = sink.bytes.find("\"encrypted_content\":\"wlt1:");
  ASSERT_NE(at, std::string::npos);
  const std::size_t begin = sink.bytes.find("wlt1:", at);
  const std::string sealed = sink.bytes.substr(begin, sink.bytes.find('"', begin) - begin);
  const auto block = OpenThinking(sealed, "claude-opus-4-8");
  ASSERT_TRUE(block.has_value());
  EXPECT_EQ((*block)["type"], "thinking");
  EXPECT_FALSE((*block)["signature"].get<std::string>().empty());
  EXPECT_FALSE(OpenThinking(sealed, "another").has_value());
}

}  // namespace
}  // namespace wayleave::provider
