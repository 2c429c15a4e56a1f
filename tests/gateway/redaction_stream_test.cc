#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "gateway/redaction/request.h"
#include "gateway/redaction/restore.h"

namespace wayleave::gateway {
namespace {

using nlohmann::json;

// A value that needs escapes wherever it stands.
const std::string kKey =
    "-----BEGIN " + std::string("PRIVATE KEY-----\nAAAABBBBCCCCDDDDEEEEFFFF\n-----END PRIVATE KEY-----");

Placeholders Known() {
  RedactionPolicy policy;
  policy.email = policy.secrets = true;
  return Redact(json({{"input", "alice@example.com " + kKey}}).dump(), {}, CompiledPolicy(policy)).placeholders;
}

std::string Event(const json& data) {
  const std::string name = data.contains("type") ? "event: " + data["type"].get<std::string>() + "\n" : "";
  return name + "data: " + data.dump() + "\n\n";
}

std::vector<json> Told(const std::string& stream) {
  http::SseParser parser;
  parser.Feed(stream);
  std::vector<json> events;
  while (const auto block = parser.Next()) {
    if (block->has_data && block->data != "[DONE]") events.push_back(json::parse(block->data));
  }
  return events;
}

std::string Restored(const Placeholders& known, const std::vector<std::string>& pieces) {
  Restorer restorer(known);
  std::string out;
  for (const std::string& piece : pieces) out += restorer.Feed(piece);
  return out + restorer.End();
}

// One text told in two or three deltas, by a dialect.
struct Dialect {
  const char* name;
  json delta;  // with its text at `place`
  json::json_pointer place;
  json close;
  bool holds_json;
};

std::vector<Dialect> Dialects() {
  const auto responses = [](const std::string& type) {
    return json{{"type", type},       {"item_id", "i"}, {"output_index", 0},
                {"content_index", 0}, {"delta", ""},    {"sequence_number", 7}};
  };
  const auto chat = [](const json& delta) {
    return json{
        {"id", "c"}, {"model", "m"}, {"choices", {{{"index", 0}, {"delta", delta}, {"finish_reason", nullptr}}}}};
  };
  const json item_done = {{"type", "response.output_item.done"}, {"output_index", 0}, {"sequence_number", 9}};
  const json finish = {{"id", "c"},
                       {"choices", {{{"index", 0}, {"delta", json::object()}, {"finish_reason", "stop"}}}}};
  const json call = {{"tool_calls", {{{"index", 0}, {"function", {{"arguments", ""}}}}}}};
  const auto block = [](const std::string& type, const std::string& name) {
    return json{{"type", "content_block_delta"}, {"index", 1}, {"delta", {{"type", type}, {name, ""}}}};
  };
  const json stop = {{"type", "content_block_stop"}, {"index", 1}};
  using P = json::json_pointer;
  return {{"Text", responses("response.output_text.delta"), P("/delta"), item_done, false},
          {"Summary", responses("response.reasoning_summary_text.delta"), P("/delta"), item_done, false},
          {"Arguments", responses("response.function_call_arguments.delta"), P("/delta"), item_done, true},
          {"Custom", responses("response.custom_tool_call_input.delta"), P("/delta"), item_done, false},
          {"ChatText", chat({{"content", ""}}), P("/choices/0/delta/content"), finish, false},
          {"ChatReasoning", chat({{"reasoning_content", ""}}), P("/choices/0/delta/reasoning_content"), finish, false},
          {"ChatArguments", chat(call), P("/choices/0/delta/tool_calls/0/function/arguments"), finish, true},
          {"MessagesText", block("text_delta", "text"), P("/delta/text"), stop, false},
          {"MessagesThinking", block("thinking_delta", "thinking"), P("/delta/thinking"), stop, false},
          {"MessagesJson", block("input_json_delta", "partial_json"), P("/delta/partial_json"), stop, true}};
}

std::string Piece(const Dialect& dialect, const std::string& text) {
  json event = dialect.delta;
  event[dialect.place] = text;
  return Event(event);
}

// All deltas' texts together; the closing event must be the last.
std::string TextOf(const Dialect& dialect, const std::string& stream) {
  std::string text;
  const std::vector<json> events = Told(stream);
  for (const json& event : events) {
    if (event.contains(dialect.place)) text += event[dialect.place].get<std::string>();
  }
  EXPECT_FALSE(events.back().contains(dialect.place)) << stream;
  return text;
}

class StreamTest : public ::testing::TestWithParam<Dialect> {};

TEST_P(StreamTest, IsTheSameHoweverItIsCut) {
  const Dialect& dialect = GetParam();
  const Placeholders known = Known();
  const std::string text = dialect.holds_json
                               ? R"({"to":"[EMAIL_1]","key":"[SECRET_1]","x":[["[EMAIL_1]"]],"y":"[EMAIL_"})"
                               : "é [EMAIL_1][SECRET_1] [[EMAIL_1]] [EMAIL_12] [EM[EMAIL_1] [SEC";
  const std::string close = Event(dialect.close);
  const std::string whole = TextOf(dialect, Restored(known, {Piece(dialect, text) + close}));
  const std::string key = dialect.holds_json ? json::parse(whole)["key"].get<std::string>() : whole;
  EXPECT_THAT(key, ::testing::HasSubstr(kKey));

  for (std::size_t a = 2; a <= text.size(); ++a) {
    for (std::size_t b = a; b <= text.size(); ++b) {
      const std::vector<std::string> events = {Piece(dialect, text.substr(0, a)), Piece(dialect, text.substr(a, b - a)),
                                               Piece(dialect, text.substr(b)), close};
      ASSERT_EQ(TextOf(dialect, Restored(known, events)), whole) << a << " " << b;
    }
  }
}

TEST_P(StreamTest, IsTheSameInSingleBytes) {
  const Dialect& dialect = GetParam();
  const Placeholders known = Known();
  const std::string text = "x [EMAIL_1] [EMAIL_1";
  std::string stream;
  for (const char c : text) stream += Piece(dialect, std::string(1, c));
  stream += Event(dialect.close);

  std::vector<std::string> bytes;
  for (const char c : stream) bytes.emplace_back(1, c);

  EXPECT_EQ(TextOf(dialect, Restored(known, {stream})), "x alice@example.com [EMAIL_1");
  EXPECT_EQ(Restored(known, bytes), Restored(known, {stream}));
}

TEST_P(StreamTest, TellsWhatWasHeldBackWhenItBreaksOff) {
  const Dialect& dialect = GetParam();
  const Placeholders known = Known();

  const std::vector<json> events = Told(Restored(known, {Piece(dialect, "a [EMAIL")}));

  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0][dialect.place], "a ");
  EXPECT_EQ(events[1][dialect.place], "[EMAIL");
}

INSTANTIATE_TEST_SUITE_P(All, StreamTest, ::testing::ValuesIn(Dialects()),
                         [](const auto& tested) { return tested.param.name; });

TEST(Stream, NumbersStayInOrder) {
  const Placeholders known = Known();
  const std::string stream =
      Event({{"type", "response.output_text.delta"}, {"output_index", 0}, {"delta", "a ["}, {"sequence_number", 4}}) +
      Event({{"type", "response.output_text.done"}, {"output_index", 0}, {"text", "a ["}, {"sequence_number", 5}}) +
      Event({{"type", "response.completed"}, {"response", {{"x", "[EMAIL_1]"}}}, {"sequence_number", 6}});

  const std::vector<json> events = Told(Restored(known, {stream}));

  ASSERT_EQ(events.size(), 4u);
  for (std::size_t i = 0; i < events.size(); ++i) EXPECT_EQ(events[i]["sequence_number"], 4 + i);
  EXPECT_EQ(events[1]["delta"], "[");
  EXPECT_EQ(events[3]["response"]["x"], "alice@example.com");
}

TEST(Stream, KeepsTextsApart) {
  const Placeholders known = Known();
  const auto chunk = [](int choice, const std::string& text) {
    return json{{"index", choice}, {"delta", {{"content", text}}}, {"finish_reason", nullptr}};
  };
  const std::string stream = Event({{"choices", {chunk(0, "[EMAIL"), chunk(1, "b [")}}}) +
                             Event({{"choices", {chunk(1, "x")}}}) + Event({{"choices", {chunk(0, "_1]")}}}) +
                             "data: [DONE]\n\n";

  std::map<int, std::string> texts;
  for (const json& event : Told(Restored(known, {stream}))) {
    for (const json& choice : event["choices"]) texts[choice["index"]] += choice["delta"]["content"].get<std::string>();
  }

  EXPECT_EQ(texts[0], "alice@example.com");
  EXPECT_EQ(texts[1], "b [x");
}

TEST(Stream, TellsTheRestInTheLastChunkItself) {
  const Placeholders known = Known();
  const auto chunk = [](const std::string& text, const json& reason) {
    return Event({{"choices", {{{"index", 0}, {"delta", {{"content", text}}}, {"finish_reason", reason}}}}});
  };

  const std::vector<json> events = Told(Restored(known, {chunk("[EMA", nullptr), chunk("IL", "stop")}));

  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[1]["choices"][0]["delta"]["content"], "[EMAIL");
}

TEST(Stream, AnEventOfOurOwnRepeatsNothingElseOfItsChunk) {
  const Placeholders known = Known();
  const json call = {{"index", 3}, {"id", "call_1"}, {"function", {{"name", "f"}, {"arguments", "["}}}};
  const std::string chunk = Event(
      {{"id", "c"},
       {"choices",
        {{{"index", 0}, {"delta", {{"role", "assistant"}, {"tool_calls", {call}}}}, {"finish_reason", nullptr}}}}});

  const std::vector<json> events = Told(Restored(known, {chunk + "data: [DONE]\n\n"}));

  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[1]["id"], "c");
  EXPECT_EQ(events[1]["choices"][0]["delta"],
            json({{"tool_calls", {{{"index", 3}, {"function", {{"arguments", "["}}}}}}}));
}

TEST(Stream, RestoresEventsThatRepeatTheWhole) {
  const Placeholders known = Known();
  const json item = {{"type", "function_call"}, {"arguments", R"({"key":"[SECRET_1]"})"}, {"text", "[SECRET_1]"}};

  const json told =
      Told(Restored(known, {Event({{"type", "response.output_item.done"}, {"output_index", 0}, {"item", item}})}))
          .at(0);

  EXPECT_EQ(told["item"]["text"], kKey);
  EXPECT_EQ(json::parse(told["item"]["arguments"].get<std::string>())["key"], kKey);
}

TEST(Stream, PassesOthersByteForByte) {
  const Placeholders known = Known();
  const std::string stream =
      ": ping [EMAIL_1]\n\ndata: { \"choices\" : [ ] }\r\n\r\nevent: x\ndata: not [A json\n\ndata: [DONE]\n\n"
      "data: {\"type\":\"response.output_text.delta\",\ndata: \"delta\":\"[X]\"}\n\n";

  EXPECT_EQ(Restored(known, {stream}), stream.substr(0, stream.rfind("data: {")) +
                                           "data: {\"type\":\"response.output_text.delta\", \"delta\":\"[X]\"}\n\n");
  EXPECT_EQ(Restored(Placeholders(), {stream, "data: [EM"}), stream + "data: [EM");
}

TEST(Document, RestoresNamesAndTexts) {
  const Placeholders known = Known();

  EXPECT_EQ(Restorer(known).Document(R"({"[EMAIL_1]":["[EMAIL_1]","[EMAIL_9]"],"a":"[)"),
            R"({"alice@example.com":["alice@example.com","[EMAIL_9]"],"a":"[)");
  EXPECT_EQ(Restorer(known).Document("no [json"), "no [json");
}

}  // namespace
}  // namespace wayleave::gateway
