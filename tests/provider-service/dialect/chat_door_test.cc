#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/http/sse.h"
#include "provider-service/dialect/translate.h"
#include "tests/provider-service/dialect/golden.h"
#include "tests/provider-service/dialect/strict_basic.h"

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

const Golden& Requests() {
  static const Golden golden("chat_requests");
  return golden;
}

const Golden& Answers() {
  static const Golden golden("basic_replies");
  return golden;
}

const Golden& Replies() {
  static const Golden golden("chat_replies");
  return golden;
}

constexpr char kRequest[] = R"({"messages":[{"role":"user","content":"hi"}],"tools":[
    {"type":"function","function":{"name":"exec_command"}},{"type":"custom","custom":{"name":"apply_patch"}}]})";

TranslateOptions Options(Dialect upstream, bool stream = true) {
  TranslateOptions options;
  options.client = Dialect::kChat;
  options.upstream = upstream;
  options.upstream_model = "upstream-model";
  options.client_model = "client-model";
  options.client_stream = stream;
  options.include_usage = true;
  options.created_at = 1700000000;
  options.ids = testing::CountingIds();
  return options;
}

Json Body(const std::string& request, const TranslateOptions& options) {
  auto call = Translate(request, options);
  EXPECT_TRUE(call.ok()) << call.error().message;
  Json body = Json::parse(call->body);
  if (!call->dropped.empty()) body["dropped"] = call->dropped;
  return body;
}

Sink Answer(std::string_view upstream, const TranslateOptions& options, std::size_t piece = 1 << 20,
            Ending ending = Ending::kEnd) {
  Sink sink;
  testing::Run(*Translate(kRequest, options)->reply, upstream, piece, ending, sink);
  return sink;
}

// What a client built on OpenAI's SDK could trip over.
std::vector<std::string> FaultsOfChunks(std::string_view sse) {
  std::vector<std::string> faults;
  http::SseParser parser;
  parser.Feed(sse);
  int at = 0;
  bool ended = false;
  bool finished = false;
  const auto fault = [&](const std::string& what) { faults.push_back("chunk " + std::to_string(at) + ": " + what); };
  for (auto block = parser.Next(); block; block = parser.Next(), ++at) {
    if (!block->has_data) continue;
    if (ended) fault("behind the end");
    if (block->data == "[DONE]") {
      if (!finished) fault("no finish_reason");
      ended = true;
      continue;
    }
    const Json chunk = Json::parse(block->data, nullptr, false);
    if (chunk.contains("error")) {
      if (!chunk["error"]["code"].is_string() || finished) fault("error");
      ended = true;
      continue;
    }
    if (chunk["object"] != "chat.completion.chunk" || chunk["model"] != "client-model") fault("head");
    if (chunk["choices"].empty()) {
      if (!chunk["usage"]["total_tokens"].is_number_integer() || !finished) fault("usage");
      continue;
    }
    if (finished) fault("a choice behind finish_reason");
    const Json& choice = chunk["choices"][0];
    if (at == 0 && choice["delta"]["role"] != "assistant") fault("no role");
    if (choice["finish_reason"].is_string()) finished = true;
  }
  if (!ended) fault("no end");
  return faults;
}

class ChatRequestGolden : public ::testing::TestWithParam<std::string> {};

TEST_P(ChatRequestGolden, BecomesARequestInEveryDialect) {
  const std::string request = Requests().Read(GetParam() + ".request.json");
  TranslateOptions chat = Options(Dialect::kChat);
  chat.quirks.streaming = false;

  Json basic = Body(request, Options(Dialect::kBasicResponses));

  Requests().Expect(GetParam() + ".basic.json", basic.dump(2) + "\n");
  Requests().Expect(GetParam() + ".native.json", Body(request, Options(Dialect::kResponses)).dump(2) + "\n");
  Requests().Expect(GetParam() + ".chat.json", Body(request, chat).dump(2) + "\n");
  basic.erase("dropped");
  EXPECT_THAT(testing::FaultsOfBasic(basic), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Golden, ChatRequestGolden, ::testing::ValuesIn(Requests().Cases(".request.json")),
                         [](const auto& golden) { return golden.param; });

class ChatReply : public ::testing::TestWithParam<std::string> {
 protected:
  const std::string upstream_ = Answers().Read(GetParam() + ".basic.sse");
};

TEST_P(ChatReply, BecomesChunks) {
  const Sink sink = Answer(upstream_, Options(Dialect::kBasicResponses));

  EXPECT_THAT(FaultsOfChunks(sink.bytes), IsEmpty()) << sink.bytes;
  Replies().Expect(GetParam() + ".chat.sse", Told(sink));
}

TEST_P(ChatReply, BecomesADocument) {
  const Sink sink = Answer(upstream_, Options(Dialect::kBasicResponses, false));

  ASSERT_NE(sink.bytes.empty(), !sink.out.failure.has_value());
  if (!sink.bytes.empty()) {
    const Json document = Json::parse(sink.bytes, nullptr, false);
    EXPECT_EQ(document["object"], "chat.completion") << sink.bytes;
    EXPECT_TRUE(document["choices"][0]["finish_reason"].is_string()) << sink.bytes;
  }
  Replies().Expect(GetParam() + ".document.json", Told(sink));
}

TEST_P(ChatReply, EndsExactlyOnceWhereverTheUpstreamStops) {
  for (std::size_t size = 0; size <= upstream_.size(); size += 1 + upstream_.size() / 300) {
    for (const Ending ending : {Ending::kEnd, Ending::kBreak}) {
      const auto part = std::string_view(upstream_).substr(0, size);
      const Sink sink = Answer(part, Options(Dialect::kBasicResponses), 7, ending);
      ASSERT_THAT(FaultsOfChunks(sink.bytes), IsEmpty()) << "after " << part << "\n" << sink.bytes;
      const Sink document = Answer(part, Options(Dialect::kBasicResponses, false), 1 << 20, ending);
      ASSERT_EQ(document.out.finish, sink.out.finish);
      ASSERT_NE(document.bytes.empty(), !document.out.failure.has_value());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, ChatReply, ::testing::ValuesIn(Answers().Cases(".basic.sse")),
                         [](const auto& golden) { return golden.param; });

std::string Refusal(const std::string& body) {
  auto call = Translate(body, Options(Dialect::kBasicResponses));
  if (call) return "accepted";
  EXPECT_EQ(call.error().code, Code::kInvalidArgument);
  EXPECT_EQ(call.error().reason, "invalid_prompt");
  return call.error().message;
}

TEST(FromChat, RefusesWhatIsNoConversation) {
  EXPECT_THAT(Refusal(R"({"model":"m"})"), HasSubstr("`messages`"));
  EXPECT_THAT(Refusal(R"({"messages":[]})"), HasSubstr("`messages`"));
  EXPECT_THAT(Refusal(R"({"messages":"hi"})"), HasSubstr("`messages`"));
  EXPECT_THAT(Refusal(R"({"input":"hi"})"), HasSubstr("`messages`"));
  EXPECT_THAT(Refusal(R"([])"), HasSubstr("not a JSON object"));
}

TEST(FromChat, RefusesToGiveSeveralAnswers) {
  EXPECT_THAT(Refusal(R"({"n":2,"messages":[{"role":"user","content":"a"}]})"), HasSubstr("`n`"));
  EXPECT_EQ(Refusal(R"({"n":1,"messages":[{"role":"user","content":"a"}]})"), "accepted");
}

TEST(FromChat, TakesNonsenseInEveryField) {
  for (const char* nonsense : {"null", "1", "\"x\"", "[]", "[1,null,\"x\",[],{}]", "{}", "{\"type\":7}", "true"}) {
    for (const char* field : {"tools", "tool_choice", "functions", "function_call", "response_format", "stop", "n",
                              "reasoning", "reasoning_effort", "max_tokens", "verbosity", "stream_options"}) {
      const std::string body =
          std::string(R"({"messages":[{"role":"user","content":"hi"}],")") + field + "\":" + nonsense + "}";
      EXPECT_EQ(Refusal(body), "accepted") << body;
    }
    for (const char* role : {"system", "user", "assistant", "tool", "function", "unheard_of"}) {
      for (const char* field :
           {"content", "tool_calls", "function_call", "tool_call_id", "reasoning_content", "name"}) {
        const std::string message = std::string(R"({"role":")") + role + "\",\"" + field + "\":" + nonsense + "}";
        const std::string body = R"({"messages":[{"role":"user","content":"hi"},)" + message + "]}";
        Json basic = Body(body, Options(Dialect::kBasicResponses));
        basic.erase("dropped");
        EXPECT_THAT(testing::FaultsOfBasic(basic), IsEmpty()) << body << "\n" << basic;
      }
    }
  }
}

TEST(ChatWriter, TellsTheUsageOnlyToThoseWhoAsked) {
  const std::string upstream = Answers().Read("ollama_text.basic.sse");
  TranslateOptions options = Options(Dialect::kBasicResponses);
  EXPECT_THAT(Answer(upstream, options).bytes, HasSubstr("\"prompt_tokens\":20"));

  options.include_usage = false;

  const Sink sink = Answer(upstream, options);
  EXPECT_THAT(sink.bytes, Not(HasSubstr("prompt_tokens")));
  EXPECT_EQ(sink.out.usage->input_tokens, 20);
}

TEST(ChatWriter, KeepsAliveWithACommentInStreamsOnly) {
  for (const bool stream : {true, false}) {
    Output out;
    Translate(kRequest, Options(Dialect::kBasicResponses, stream))->reply->KeepAlive(out);

    EXPECT_EQ(out.bytes, stream ? ": keep-alive\n\n" : "");
    EXPECT_EQ(out.events, 0u);
  }
}

// A server of the client's own dialect that knows no streams.
TEST(ChatWriter, MakesAStreamOfADocument) {
  const std::string document =
      R"({"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},)"
      R"("finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}})";
  TranslateOptions options = Options(Dialect::kChat);
  options.quirks.streaming = false;

  const Sink sink = Answer(document, options);

  EXPECT_THAT(FaultsOfChunks(sink.bytes), IsEmpty());
  EXPECT_THAT(sink.bytes, HasSubstr("\"content\":\"Hi\""));
  EXPECT_EQ(sink.out.finish, Finish::kCompleted);
}

}  // namespace
}  // namespace wayleave::provider
