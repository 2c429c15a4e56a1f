#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "provider-service/dialect/hub/stream_state.h"
#include "provider-service/dialect/translate.h"
#include "tests/provider-service/dialect/golden.h"
#include "tests/provider-service/dialect/resume_streams.h"
#include "tests/provider-service/dialect/strict_messages.h"
#include "tests/provider-service/dialect/strict_responses.h"

namespace wayleave::provider {
namespace {

using testing::Count;
using testing::Ending;
using testing::Sink;
using testing::UpstreamStream;
using Json = nlohmann::ordered_json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr Dialect kUpstreams[] = {Dialect::kResponses, Dialect::kBasicResponses, Dialect::kChat, Dialect::kMessages,
                                  Dialect::kOllama};
constexpr Dialect kClients[] = {Dialect::kResponses, Dialect::kChat, Dialect::kMessages};

const std::string kText =
    "Grüße! First the plan:\n1. read the file,\n2. change “foo” to bar.\n\nThen we test it twice.";

std::string RequestOf(Dialect client) {
  if (client == Dialect::kResponses) return R"({"model":"m","input":"hi","max_output_tokens":500,"stream":true})";
  const std::string thinking = client == Dialect::kMessages ? R"(,"thinking":{"type":"adaptive"})" : "";
  return R"({"model":"m","max_tokens":500,"messages":[{"role":"user","content":"hi"}],"stream":true)" + thinking + "}";
}

TranslateOptions Options(Dialect client, Dialect upstream) {
  TranslateOptions options;
  options.client = client;
  options.upstream = upstream;
  options.upstream_model = "upstream-model";
  options.client_model = "m";
  options.created_at = 1700000000;
  options.may_continue = true;
  options.ids = testing::CountingIds();
  return options;
}

Translation TranslationFor(Dialect client, Dialect upstream, const std::string& resume) {
  TranslateOptions options = Options(client, upstream);
  options.resume = resume;
  if (!resume.empty()) {
    options.created_at += 7;
    options.ids = [ids = options.ids](std::string_view prefix) { return ids(std::string(prefix) + "_again"); };
  }
  return std::move(Translate(RequestOf(client), options)).value();
}

Sink Broken(Dialect client, Dialect upstream, const std::string& bytes, const std::string& resume = "",
            Ending ending = Ending::kBreak) {
  Sink sink;
  testing::Run(*TranslationFor(client, upstream, resume).reply, bytes, 1 << 20, ending, sink);
  return sink;
}

// The rest of an answer, from another upstream, in small pieces of text.
Sink Rest(Dialect client, Dialect upstream, const std::string& resume, const std::string& text) {
  return Broken(client, upstream, UpstreamStream(upstream).Words(text).End(), resume, Ending::kEnd);
}

std::size_t NextCharacter(std::size_t at) {
  do ++at;
  while (at < kText.size() && (static_cast<unsigned char>(kText[at]) & 0xC0) == 0x80);
  return at;
}

void ExpectOneWholeAnswer(Dialect client, const std::string& bytes, const std::string& text) {
  EXPECT_EQ(testing::TextOfClientStream(client, bytes), text);
  EXPECT_EQ(testing::TerminalsOf(client, bytes), 1) << bytes;
  if (client == Dialect::kResponses) {
    EXPECT_THAT(testing::FaultsOfStream(bytes), IsEmpty()) << bytes;
    EXPECT_EQ(Count(bytes, "event: response.created\n"), 1);
    EXPECT_EQ(Count(bytes, R"("type":"response.content_part.added","item_id":"msg_)"), 1) << bytes;
    EXPECT_EQ(Count(bytes, R"("created_at":1700000007)"), 0);
  } else if (client == Dialect::kMessages) {
    EXPECT_THAT(testing::FaultsOfMessagesStream(bytes), IsEmpty()) << bytes;
    EXPECT_EQ(Count(bytes, R"("content_block":{"type":"text")"), 1) << bytes;
  } else {
    EXPECT_EQ(Count(bytes, R"("role":"assistant")"), 1);
    EXPECT_EQ(Count(bytes, R"("created":1700000007)"), 0);
  }
}

using Way = std::tuple<Dialect, Dialect, Dialect>;  // client, first and second upstream

class Resume : public ::testing::TestWithParam<Way> {
 protected:
  const Dialect client_ = std::get<0>(GetParam());
  const Dialect first_ = std::get<1>(GetParam());
  const Dialect second_ = std::get<2>(GetParam());
};

TEST_P(Resume, GoesOnWhereverTheTextWasCut) {
  for (std::size_t k = NextCharacter(0); k < kText.size(); k = NextCharacter(k)) {
    const Sink begun = Broken(client_, first_, UpstreamStream(first_).Words(kText.substr(0, k)).Open());
    ASSERT_TRUE(begun.out.resume) << begun.bytes;
    ASSERT_EQ(testing::TerminalsOf(client_, begun.bytes), 0);

    const Sink rest = Rest(client_, second_, *begun.out.resume, kText.substr(k));

    ASSERT_EQ(rest.out.finish, Finish::kCompleted);
    ExpectOneWholeAnswer(client_, begun.bytes + rest.bytes, kText);
    if (HasFailure()) FAIL() << "cut at " << k;
  }
}

TEST_P(Resume, CutsWhatIsSaidAgain) {
  for (std::size_t k = NextCharacter(30); k < kText.size(); k = NextCharacter(k)) {
    const Sink begun = Broken(client_, first_, UpstreamStream(first_).Words(kText.substr(0, k)).Open());
    for (const std::size_t from : {std::size_t{0}, std::size_t{9}}) {
      const Sink rest = Rest(client_, second_, *begun.out.resume, kText.substr(from));
      ExpectOneWholeAnswer(client_, begun.bytes + rest.bytes, kText);
    }
    if (HasFailure()) FAIL() << "cut at " << k;
  }
}

TEST_P(Resume, GoesOnWhereverTheBytesEnd) {
  const std::string whole = UpstreamStream(first_).Words(kText).End();
  for (std::size_t size = 0; size < whole.size(); size += 7) {
    const Sink begun = Broken(client_, first_, whole.substr(0, size), "", size % 2 ? Ending::kBreak : Ending::kEnd);
    if (!begun.out.resume) {
      ASSERT_EQ(begun.out.finish, Finish::kCompleted) << "only what tells its end needs no other target";
      continue;
    }
    const std::string said = testing::TextOfClientStream(client_, begun.bytes);
    if (said == kText) continue;  // nothing to carry on but the end
    const Sink rest = Rest(client_, second_, *begun.out.resume, kText.substr(said.size()));
    ExpectOneWholeAnswer(client_, begun.bytes + rest.bytes, kText);
    if (HasFailure()) FAIL() << "ended after " << size;
  }
}

TEST_P(Resume, ThoughtsOfBothStayApartFromTheText) {
  UpstreamStream first(first_);
  const Sink begun = Broken(client_, first_, first.Thought("Let me see.").Words("One two ").Open());
  UpstreamStream second(second_);
  const std::string bytes = second.Thought("Where was I?").Words("three four").End();
  const Sink rest = Broken(client_, second_, bytes, *begun.out.resume, Ending::kEnd);

  ExpectOneWholeAnswer(client_, begun.bytes + rest.bytes, "One two three four");
  EXPECT_THAT(begun.bytes + rest.bytes, Not(HasSubstr("Where was I?")));
}

TEST_P(Resume, AThoughtThatBrokeOffIsClosedAndTheNextModelThinksAnew) {
  UpstreamStream first(first_);
  const Sink begun = Broken(client_, first_, first.Thought("Let me").Open());
  ASSERT_TRUE(begun.out.resume);
  UpstreamStream second(second_);
  const Sink rest =
      Broken(client_, second_, second.Thought("I see.").Words(kText).End(), *begun.out.resume, Ending::kEnd);

  ExpectOneWholeAnswer(client_, begun.bytes + rest.bytes, kText);
  EXPECT_THAT(rest.bytes, HasSubstr("I see."));
}

TEST_P(Resume, BreaksOffAgainAndGoesOnAThirdTime) {
  const Sink one = Broken(client_, first_, UpstreamStream(first_).Words("One two ").Open());
  const Sink two = Broken(client_, second_, UpstreamStream(second_).Words("three ").Open(), *one.out.resume);
  ASSERT_TRUE(two.out.resume);
  const Sink nothing = Broken(client_, second_, "", *two.out.resume);
  ASSERT_TRUE(nothing.out.resume);
  const Sink three = Rest(client_, first_, *nothing.out.resume, "four");

  ExpectOneWholeAnswer(client_, one.bytes + two.bytes + nothing.bytes + three.bytes, "One two three four");
}

INSTANTIATE_TEST_SUITE_P(Ways, Resume,
                         ::testing::Combine(::testing::ValuesIn(kClients), ::testing::ValuesIn(kUpstreams),
                                            ::testing::ValuesIn(kUpstreams)));

class ResumeOf : public ::testing::TestWithParam<Dialect> {};

TEST_P(ResumeOf, TellsTheNextModelWhatWasSaid) {
  const Sink begun = Broken(GetParam(), Dialect::kChat, UpstreamStream(Dialect::kChat).Words("One two").Open());

  const Json chat = Json::parse(TranslationFor(GetParam(), Dialect::kChat, *begun.out.resume).body);

  const Json& messages = chat["messages"];
  ASSERT_EQ(messages.size(), 3u);
  EXPECT_EQ(messages[1], Json({{"role", "assistant"}, {"content", "One two"}}));
  EXPECT_THAT(messages[2]["content"].get<std::string>(), HasSubstr("exactly where it stopped"));
  EXPECT_EQ(chat["max_tokens"], 499);
}

TEST_P(ResumeOf, IsNotOfferedOnceACallBegan) {
  const std::string upstream = UpstreamStream(Dialect::kChat).Words("I look. ").Call().Open();

  const Sink sink = Broken(GetParam(), Dialect::kChat, upstream);

  EXPECT_FALSE(sink.out.resume);
  EXPECT_EQ(testing::TerminalsOf(GetParam(), sink.bytes), 1);
}

TEST_P(ResumeOf, IsNotOfferedForFaultsOfTheRequest) {
  const std::string error = R"(data: {"error":{"message":"no","code":"content_policy_violation"}})" "\n\n";

  const Sink sink = Broken(GetParam(), Dialect::kChat, UpstreamStream(Dialect::kChat).Words("One").Open() + error);

  EXPECT_FALSE(sink.out.resume);
  EXPECT_EQ(testing::TerminalsOf(GetParam(), sink.bytes), 1);
}

TEST_P(ResumeOf, IsOfferedForAnErrorInTheStream) {
  const std::string error = "data: {\"error\":{\"message\":\"on fire\",\"code\":500}}\n\n";

  const Sink sink = Broken(GetParam(), Dialect::kChat, UpstreamStream(Dialect::kChat).Words("One").Open() + error);

  ASSERT_TRUE(sink.out.resume);
  EXPECT_EQ(sink.out.error_code, "server_error");
  EXPECT_EQ(sink.out.error_message, "on fire");
  EXPECT_EQ(testing::TerminalsOf(GetParam(), sink.bytes), 0);
}

TEST_P(ResumeOf, OnlyIfTheCallerMayUseIt) {
  TranslateOptions options = Options(GetParam(), Dialect::kChat);
  options.may_continue = false;
  Sink sink;
  const std::string bytes = UpstreamStream(Dialect::kChat).Words("One").Open();
  testing::Run(*Translate(RequestOf(GetParam()), options)->reply, bytes, 99, Ending::kBreak, sink);

  EXPECT_FALSE(sink.out.resume);
  EXPECT_EQ(testing::TerminalsOf(GetParam(), sink.bytes), 1);
}

TEST_P(ResumeOf, FailsInTheSameStreamIfNobodyElseMayGoOn) {
  const Sink begun = Broken(GetParam(), Dialect::kChat, UpstreamStream(Dialect::kChat).Words("One ").Open());
  TranslateOptions options = Options(GetParam(), Dialect::kOllama);
  options.may_continue = false;
  options.resume = *begun.out.resume;
  Sink rest;
  const std::string bytes = UpstreamStream(Dialect::kOllama).Words("two").Open();
  testing::Run(*Translate(RequestOf(GetParam()), options)->reply, bytes, 99, Ending::kBreak, rest);

  EXPECT_EQ(testing::TextOfClientStream(GetParam(), begun.bytes + rest.bytes), "One two");
  EXPECT_EQ(testing::TerminalsOf(GetParam(), begun.bytes + rest.bytes), 1);
}

TEST_P(ResumeOf, RefusesWhatItCannotRead) {
  const std::string state = *Broken(GetParam(), Dialect::kChat, "").out.resume;
  std::vector<std::string> bad{"x", state + "x", std::string(1, 2) + state.substr(1)};
  for (std::size_t size = 1; size < state.size(); ++size) bad.push_back(state.substr(0, size));
  for (const std::string& resume : bad) {
    TranslateOptions options = Options(GetParam(), Dialect::kChat);
    options.resume = resume;
    const auto translation = Translate(RequestOf(GetParam()), options);
    ASSERT_FALSE(translation.ok());
    EXPECT_EQ(translation.error().reason, "bad_resume");
  }
}

INSTANTIATE_TEST_SUITE_P(Clients, ResumeOf, ::testing::ValuesIn(kClients));

TEST(StreamStates, SurviveTheirEncoding) {
  StreamState state;
  state.dialect = 3;
  state.id = "resp_1";
  state.created_at = 1700000000;
  state.sequence = 300;
  state.index = 2;
  state.open = StreamState::Open::kText;
  state.item_id = "msg_7";
  state.items = R"({"type":"reasoning"})";
  state.said = std::string(70000, 'x') + "ü\0y";
  state.open_from = 69999;

  const auto again = DecodeStreamState(Encode(state));

  ASSERT_TRUE(again);
  EXPECT_EQ(again->OpenText(), state.OpenText());
  EXPECT_EQ(Encode(*again), Encode(state));
}

TEST(StreamStates, AreNotToBeSlippedIntoEvents) {
  StreamState state;
  state.id = "resp\",\"x\":\"";
  EXPECT_FALSE(DecodeStreamState(Encode(state)));
  state.id = "resp_1";
  state.items = "{}],\"x\":[";
  EXPECT_FALSE(DecodeStreamState(Encode(state)));
}

}  // namespace
}  // namespace wayleave::provider
