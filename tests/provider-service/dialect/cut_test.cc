// Where a stream may have to end because no more of it is paid for: in every dialect, translated and passed through.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "provider-service/dialect/passthrough.h"
#include "provider-service/dialect/translate.h"
#include "tests/provider-service/dialect/golden.h"
#include "tests/provider-service/dialect/resume_streams.h"
#include "tests/provider-service/dialect/strict_messages.h"
#include "tests/provider-service/dialect/strict_responses.h"

namespace wayleave::provider {
namespace {

using testing::Count;
using testing::UpstreamStream;
using Json = nlohmann::ordered_json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr Dialect kUpstreams[] = {Dialect::kResponses, Dialect::kBasicResponses, Dialect::kChat, Dialect::kMessages,
                                  Dialect::kOllama};
constexpr Dialect kClients[] = {Dialect::kResponses, Dialect::kChat, Dialect::kMessages};

const std::string kThought = "Hm, a plan.";
const std::string kText = "Grüße! First the plan: 1. read the file, 2. change “foo” to bar. Then we test it twice.";

Allowance Paid(std::int64_t tokens, std::int64_t step = 1 << 20) { return {tokens, step, 4, {7, 0, 0, 0, 7}}; }

std::string RequestOf(Dialect client) {
  if (client == Dialect::kResponses) return R"({"model":"m","input":"hi","stream":true})";
  const std::string thinking = client == Dialect::kMessages ? R"(,"thinking":{"type":"adaptive"})" : "";
  return R"({"model":"m","max_tokens":500,"messages":[{"role":"user","content":"hi"}],"stream":true)" + thinking + "}";
}

std::unique_ptr<Reply> Translating(Dialect client, Dialect upstream, std::optional<Allowance> allowance,
                                   bool include_usage = true) {
  TranslateOptions options;
  options.client = client;
  options.upstream = upstream;
  options.upstream_model = "upstream-model";
  options.client_model = "m";
  options.created_at = 1700000000;
  options.include_usage = include_usage;
  options.allowance = allowance;
  options.ids = testing::CountingIds();
  return std::move(Translate(RequestOf(client), options)->reply);
}

std::unique_ptr<Reply> Passing(Dialect dialect, Allowance allowance, bool include_usage = true) {
  PassThroughOptions options;
  options.client_model = "m";
  options.created_at = 1700000000;
  options.include_usage = include_usage;
  options.allowance = allowance;
  options.ids = testing::CountingIds();
  if (dialect == Dialect::kResponses) return MakeResponsesPassThrough(std::move(options));
  return dialect == Dialect::kChat ? MakeChatPassThrough(std::move(options))
                                   : MakeMessagesPassThrough(std::move(options));
}

struct Answer {
  // What the client has if the stream ends at each of the cuts.
  std::vector<std::string> cut;
  // The bytes of output in each of them.
  std::vector<std::uint64_t> output;
  // What it has if it does not.
  std::string whole;
  Finish finish = Finish::kNone;
};

Answer Play(Reply& reply, const std::string& upstream, std::size_t piece = 1 << 20) {
  Answer answer;
  Output out;
  const auto take = [&] {
    for (const Cut& cut : out.cuts) {
      answer.cut.push_back(answer.whole + out.bytes.substr(0, cut.at) + cut.ending);
      answer.output.push_back(cut.output_bytes);
    }
    answer.whole += std::exchange(out.bytes, {});
    out.cuts.clear();
  };
  reply.Begin(out);
  take();
  for (std::size_t at = 0; at < upstream.size(); at += piece) {
    reply.Feed(upstream.substr(at, piece), out);
    take();
  }
  reply.End(out);
  take();
  answer.finish = out.finish;
  return answer;
}

void ExpectSound(Dialect client, const std::string& stream) {
  EXPECT_EQ(testing::TerminalsOf(client, stream), 1) << stream;
  if (client == Dialect::kChat) return;
  const bool responses = client == Dialect::kResponses;
  EXPECT_THAT(responses ? testing::FaultsOfStream(stream) : testing::FaultsOfMessagesStream(stream), IsEmpty())
      << stream;
}

std::string LastData(const std::string& stream, std::string_view with) {
  const std::size_t at = stream.rfind("data: ", stream.rfind(with)) + 6;
  return stream.substr(at, stream.find('\n', at) - at);
}

// As at a token limit, with the tokens that it counts as.
void ExpectCut(Dialect client, const std::string& stream, std::int64_t output_tokens) {
  ExpectSound(client, stream);
  if (client == Dialect::kResponses) {
    const Json response = Json::parse(LastData(stream, R"("type":"response.incomplete")"))["response"];
    EXPECT_EQ(response["incomplete_details"]["reason"], "max_output_tokens");
    EXPECT_EQ(response["usage"]["input_tokens"], 7);
    EXPECT_EQ(response["usage"]["output_tokens"], output_tokens);
    EXPECT_EQ(response["usage"]["total_tokens"], 7 + output_tokens);
  } else if (client == Dialect::kMessages) {
    const Json event = Json::parse(LastData(stream, R"("stop_reason":"max_tokens")"));
    EXPECT_EQ(event["usage"]["output_tokens"], output_tokens);
    EXPECT_TRUE(stream.ends_with("data: {\"type\":\"message_stop\"}\n\n"));
  } else {
    EXPECT_EQ(Count(stream, R"("finish_reason":"length")"), 1);
    const Json chunk = Json::parse(LastData(stream, R"("usage":)"));
    EXPECT_EQ(chunk["usage"]["completion_tokens"], output_tokens);
    EXPECT_TRUE(stream.ends_with("data: [DONE]\n\n"));
  }
}

std::int64_t TokensOf(std::uint64_t bytes) { return static_cast<std::int64_t>((bytes + 3) / 4); }

using Way = std::tuple<Dialect, Dialect>;  // client, upstream

class CutTranslated : public ::testing::TestWithParam<Way> {
 protected:
  const Dialect client_ = std::get<0>(GetParam());
  const Dialect upstream_ = std::get<1>(GetParam());
  const std::string stream_ = UpstreamStream(upstream_).Thought(kThought).Words(kText).End();
};

TEST_P(CutTranslated, EndsWhereverTheMoneyDoes) {
  const std::string whole = Play(*Translating(client_, upstream_, std::nullopt), stream_).whole;
  for (std::int64_t tokens = 0; tokens < TokensOf(kText.size()); ++tokens) {
    const Answer answer = Play(*Translating(client_, upstream_, Paid(tokens)), stream_);

    ASSERT_EQ(answer.cut.size(), 1u) << tokens;
    ASSERT_LE(TokensOf(answer.output[0]), tokens);
    ExpectCut(client_, answer.cut[0], TokensOf(answer.output[0]));
    EXPECT_TRUE(kText.starts_with(testing::TextOfClientStream(client_, answer.cut[0])));
    EXPECT_EQ(answer.whole, whole) << "who pays on has what there is";
    if (HasFailure()) FAIL() << tokens << " tokens";
  }
}

TEST_P(CutTranslated, IsTheSameWhateverThePieces) {
  const Answer whole = Play(*Translating(client_, upstream_, Paid(9, 3)), stream_);

  for (const std::size_t piece : {1, 7, 64}) {
    const Answer answer = Play(*Translating(client_, upstream_, Paid(9, 3)), stream_, piece);
    EXPECT_EQ(answer.cut, whole.cut);
    EXPECT_EQ(answer.whole, whole.whole);
  }
}

TEST_P(CutTranslated, MayEndAtEachStep) {
  const Answer answer = Play(*Translating(client_, upstream_, Paid(4, 5)), stream_);

  ASSERT_GE(answer.cut.size(), 3u);
  for (std::size_t n = 0; n < answer.cut.size(); ++n) {
    EXPECT_LE(TokensOf(answer.output[n]), 4 + 5 * static_cast<std::int64_t>(n));
    ExpectCut(client_, answer.cut[n], TokensOf(answer.output[n]));
  }
}

INSTANTIATE_TEST_SUITE_P(Ways, CutTranslated,
                         ::testing::Combine(::testing::ValuesIn(kClients), ::testing::ValuesIn(kUpstreams)));

class CutPassing : public ::testing::TestWithParam<Dialect> {
 protected:
  // What a careful server of this dialect says.
  std::string Server(const std::string& upstream) const {
    return Play(*Translating(GetParam(), Dialect::kChat, std::nullopt), upstream).whole;
  }
  const std::string stream_ = Server(UpstreamStream(Dialect::kChat).Thought(kThought).Words(kText).End());
};

TEST_P(CutPassing, EndsWhereverTheMoneyDoes) {
  for (std::int64_t tokens = 0; tokens < TokensOf(kText.size()); ++tokens) {
    const Answer answer = Play(*Passing(GetParam(), Paid(tokens)), stream_);

    ASSERT_EQ(answer.cut.size(), 1u) << tokens;
    ASSERT_LE(TokensOf(answer.output[0]), tokens);
    ExpectCut(GetParam(), answer.cut[0], TokensOf(answer.output[0]));
    EXPECT_TRUE(kText.starts_with(testing::TextOfClientStream(GetParam(), answer.cut[0])));
    EXPECT_EQ(answer.whole, stream_) << "who pays on has what there is";
    if (HasFailure()) FAIL() << tokens << " tokens";
  }
}

TEST_P(CutPassing, MayEndAtEachStep) {
  for (const std::size_t piece : {1, 64, 1 << 20}) {
    const Answer answer = Play(*Passing(GetParam(), Paid(4, 5)), stream_, piece);

    ASSERT_GE(answer.cut.size(), 3u);
    for (std::size_t n = 0; n < answer.cut.size(); ++n)
      ExpectCut(GetParam(), answer.cut[n], TokensOf(answer.output[n]));
  }
}

INSTANTIATE_TEST_SUITE_P(Dialects, CutPassing, ::testing::ValuesIn(kClients));

std::string Data(const Json& event) { return "data: " + event.dump() + "\n\n"; }

// A client runs the call that it is told is done.
TEST(Cut, TellsNoHalfCallAsDone) {
  const Json call = {
      {"type", "function_call"}, {"id", "fc_1"}, {"call_id", "call_1"}, {"name", "rm"}, {"arguments", ""}};
  const Json delta = {{"type", "response.function_call_arguments.delta"},
                      {"item_id", "fc_1"},
                      {"output_index", 0},
                      {"delta", R"({"path":"one/two/thr")"}};
  const std::string upstream =
      Data({{"type", "response.created"}, {"sequence_number", 0}, {"response", {{"id", "resp_1"}}}}) +
      Data({{"type", "response.output_item.added"}, {"output_index", 0}, {"item", call}}) + Data(delta) + Data(delta);

  const Answer answer = Play(*Passing(Dialect::kResponses, Paid(8)), upstream);

  ASSERT_EQ(answer.cut.size(), 1u);
  EXPECT_THAT(answer.cut[0], Not(HasSubstr("output_item.done")));
  EXPECT_THAT(answer.cut[0], HasSubstr(R"("output":[])"));
}

TEST(Cut, LeavesOutCallsThatAreNotPaidForAsAWhole) {
  Json call = {{"index", 0}, {"id", "call_1"}, {"function", {{"name", "f"}, {"arguments", R"({"a":"0123456789"})"}}}};
  Json delta = {{"tool_calls", Json::array({call})}};
  Json finish = {{"index", 0}, {"delta", Json::object()}, {"finish_reason", "tool_calls"}};
  const std::string upstream = Data({{"choices", Json::array({{{"index", 0}, {"delta", delta}}})}}) +
                               Data({{"choices", Json::array({finish})}}) + "data: [DONE]\n\n";
  for (const Dialect client : kClients) {
    const Answer answer = Play(*Translating(client, Dialect::kChat, Paid(3)), upstream);

    ASSERT_EQ(answer.cut.size(), 1u);
    ExpectCut(client, answer.cut[0], 0);
    EXPECT_THAT(answer.cut[0], Not(HasSubstr("call_1")));
    EXPECT_THAT(answer.whole, HasSubstr("call_1"));
  }
}

// Several texts of a summary, of which the first is done.
TEST(Cut, ClosesEachPartOfAReasoningItem) {
  const auto event = [](const char* type, int part, Json more) {
    Json all = {{"type", type}, {"item_id", "rs_1"}, {"output_index", 0}, {"summary_index", part}};
    all.update(more);
    return Data(all);
  };
  const std::string upstream =
      Data({{"type", "response.created"}, {"sequence_number", 0}, {"response", {{"id", "resp_1"}}}}) +
      Data({{"type", "response.output_item.added"},
            {"output_index", 0},
            {"item",
             {{"id", "rs_1"}, {"type", "reasoning"}, {"summary", Json::array()}, {"encrypted_content", "gA"}}}}) +
      event("response.reasoning_summary_text.delta", 0, {{"delta", "one"}}) +
      event("response.reasoning_summary_text.done", 0, {{"text", "one"}}) +
      event("response.reasoning_summary_text.delta", 1, {{"delta", "tw"}}) +
      event("response.reasoning_summary_text.delta", 1, {{"delta", "o, and more than is paid for"}});

  const Answer answer = Play(*Passing(Dialect::kResponses, Paid(2)), upstream);

  ASSERT_EQ(answer.cut.size(), 1u);
  EXPECT_EQ(Count(answer.cut[0], "event: response.reasoning_summary_text.done\n"), 1);
  const Json item = Json::parse(LastData(answer.cut[0], "response.output_item.done"))["item"];
  EXPECT_EQ(item["summary"],
            Json::parse(R"([{"type":"summary_text","text":"one"},{"type":"summary_text","text":"tw"}])"));
  EXPECT_FALSE(item.contains("encrypted_content"));
}

TEST(Cut, TellsChatClientsTheUsageOnlyWhereTheyAskedForIt) {
  const std::string upstream = UpstreamStream(Dialect::kChat).Words(kText).End();
  for (const bool asked : {false, true}) {
    const Answer translated = Play(*Translating(Dialect::kChat, Dialect::kChat, Paid(5), asked), upstream);
    const Answer passed = Play(*Passing(Dialect::kChat, Paid(5), asked), upstream);

    EXPECT_EQ(Count(translated.cut.at(0), R"("choices":[],"usage")"), asked);
    EXPECT_EQ(Count(passed.cut.at(0), R"("choices":[],"usage")"), asked);
  }
}

TEST(Cut, PassesAnEventThatIsLargerThanAStepAtOnce) {
  const std::string upstream = UpstreamStream(Dialect::kOllama).Words("abcd").Open() +
                               Json{{"message", {{"content", std::string(400, 'x')}}}, {"done", false}}.dump() + "\n" +
                               R"({"message":{"content":"y"},"done":true,"done_reason":"stop"})" + "\n";

  const Answer answer = Play(*Translating(Dialect::kChat, Dialect::kOllama, Paid(3, 2)), upstream);

  EXPECT_EQ(answer.output, (std::vector<std::uint64_t>{4, 404}));
  EXPECT_EQ(answer.finish, Finish::kCompleted);
}

}  // namespace
}  // namespace wayleave::provider
