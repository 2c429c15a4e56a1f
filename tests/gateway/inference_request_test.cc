#include "gateway/inference_request.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>

#include <nlohmann/json.hpp>

namespace wayleave::gateway {
namespace {

using inference::v1::EmbedRequest;
using inference::v1::GenerateRequest;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kHello = R"(model: "m" messages { role: ROLE_USER parts { text: "hi" } } )";

GenerateRequest Request(const std::string& text) {
  GenerateRequest request;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &request)) << text;
  return request;
}

json BodyOf(const std::string& text) {
  const auto body = ResponsesBody(Request(text));
  EXPECT_TRUE(body.ok()) << (body.ok() ? "" : body.error().message);
  return body.ok() ? json::parse(*body) : json();
}

std::string RefusalOf(const std::string& text) {
  const auto body = ResponsesBody(Request(text));
  if (body.ok()) return "accepted: " + *body;
  EXPECT_EQ(body.error().code, Code::kInvalidArgument);
  EXPECT_EQ(body.error().reason, "invalid_request");
  return body.error().message;
}

TEST(ResponsesBody, AsksForAStreamThatNobodyStores) {
  EXPECT_EQ(BodyOf(kHello), json::parse(R"({"model":"m","stream":true,"store":false,"input":[
      {"type":"message","role":"user","content":[{"type":"input_text","text":"hi"}]}]})"));
}

TEST(ResponsesBody, LeavesTheRoomThatParsersAskFor) {
  const auto body = ResponsesBody(Request(kHello));

  EXPECT_GE(body.value().capacity(), body.value().size() + 64);
}

TEST(ResponsesBody, KeepsTheOrderOfAConversationWithCalls) {
  const json body = BodyOf(R"(
      model: "m"
      messages { role: ROLE_SYSTEM parts { text: "Be brief." } }
      messages { role: ROLE_USER parts { text: "Weather?" } parts { text: "Rome." } }
      messages { role: ROLE_ASSISTANT parts { reasoning { text: "hm" state: "opaque" } } parts { text: "I look." }
                 parts { tool_call { id: "c1" name: "weather" arguments: "{\"city\":\"Rome\"}" } }
                 parts { tool_call { id: "c2" name: "time" } } }
      messages { role: ROLE_USER parts { tool_result { id: "c1" output: "sun" } }
                 parts { tool_result { id: "c2" output: "noon" } } parts { text: "So?" } })");

  EXPECT_EQ(body["input"], json::parse(R"([
      {"type":"message","role":"system","content":[{"type":"input_text","text":"Be brief."}]},
      {"type":"message","role":"user","content":[{"type":"input_text","text":"Weather?"},
                                                 {"type":"input_text","text":"Rome."}]},
      {"type":"reasoning","summary":[{"type":"summary_text","text":"hm"}],"encrypted_content":"opaque"},
      {"type":"message","role":"assistant","content":[{"type":"output_text","text":"I look."}]},
      {"type":"function_call","call_id":"c1","name":"weather","arguments":"{\"city\":\"Rome\"}"},
      {"type":"function_call","call_id":"c2","name":"time","arguments":"{}"},
      {"type":"function_call_output","call_id":"c1","output":"sun"},
      {"type":"function_call_output","call_id":"c2","output":"noon"},
      {"type":"message","role":"user","content":[{"type":"input_text","text":"So?"}]}])"));
}

TEST(ResponsesBody, ReturnsReasoningThatHasNoSealedFormAsText) {
  const json body = BodyOf(R"(model: "m" messages { role: ROLE_ASSISTANT parts { reasoning { text: "hm" } } })");

  EXPECT_EQ(body["input"],
            json::parse(R"([{"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"hm"}]}])"));
}

TEST(ResponsesBody, TakesImagesAsBytesAndAsUrls) {
  const json body = BodyOf(R"(model: "m" messages { role: ROLE_USER
      parts { image { data: "\000\001\377" media_type: "image/png" } }
      parts { image { url: "https://example.com/a.png" } } })");

  EXPECT_EQ(body["input"][0]["content"], json::parse(R"([
      {"type":"input_image","detail":"auto","image_url":"data:image/png;base64,AAH/"},
      {"type":"input_image","detail":"auto","image_url":"https://example.com/a.png"}])"));
}

TEST(ResponsesBody, DeclaresTools) {
  const json body = BodyOf(std::string(kHello) + R"(
      tools { name: "weather" description: "Tells the weather"
              parameters { fields { key: "type" value { string_value: "object" } }
                           fields { key: "maxProperties" value { number_value: 2 } }
                           fields { key: "ratio" value { number_value: 0.5 } }
                           fields { key: "required" value { list_value { values { string_value: "city" } } } }
                           fields { key: "deprecated" value { bool_value: false } }
                           fields { key: "default" value { null_value: NULL_VALUE } } } }
      tools { name: "now" }
      tool_choice: "weather")");

  EXPECT_EQ(body["tools"], json::parse(R"([
      {"type":"function","name":"weather","description":"Tells the weather","strict":false,
       "parameters":{"type":"object","maxProperties":2,"ratio":0.5,"required":["city"],"deprecated":false,
                     "default":null}},
      {"type":"function","name":"now","strict":false,"parameters":{"type":"object","properties":{}}}])"));
  EXPECT_TRUE(body["tools"][0]["parameters"]["maxProperties"].is_number_integer());
  EXPECT_EQ(body["tool_choice"], json::parse(R"({"type":"function","name":"weather"})"));
}

TEST(ResponsesBody, PassesTheSwitchesOn) {
  const json body = BodyOf(std::string(kHello) + R"(
      max_output_tokens: 77 temperature: 0 reasoning_effort: "low" session: "s1" tool_choice: "none"
      output_schema { fields { key: "type" value { string_value: "object" } } })");

  EXPECT_EQ(body["max_output_tokens"], 77);
  EXPECT_EQ(body["temperature"], 0);
  EXPECT_EQ(body["reasoning"], json::parse(R"({"effort":"low","summary":"auto"})"));
  EXPECT_EQ(body["include"], json::parse(R"(["reasoning.encrypted_content"])"));
  EXPECT_EQ(body["prompt_cache_key"], "s1");
  EXPECT_EQ(body["tool_choice"], "none");
  EXPECT_EQ(body["text"], json::parse(R"({"format":{"type":"json_schema","name":"answer","strict":true,
                                                    "schema":{"type":"object"}}})"));
}

TEST(ResponsesBody, AsksForNoReasoningBackWhereThereIsNone) {
  const json body = BodyOf(std::string(kHello) + R"(reasoning_effort: "none")");

  EXPECT_EQ(body["reasoning"], json::parse(R"({"effort":"none"})"));
  EXPECT_FALSE(body.contains("include"));
}

TEST(ResponsesBody, MakesEqualBytesOfEqualRequests) {
  const std::string schema = R"(output_schema { fields { key: "a" value { number_value: 1 } }
                                                fields { key: "b" value { number_value: 2 } }
                                                fields { key: "c" value { number_value: 3 } } })";
  const std::string turned = R"(output_schema { fields { key: "c" value { number_value: 3 } }
                                                fields { key: "b" value { number_value: 2 } }
                                                fields { key: "a" value { number_value: 1 } } })";

  EXPECT_EQ(ResponsesBody(Request(kHello + schema)).value(), ResponsesBody(Request(kHello + turned)).value());
}

TEST(ResponsesBody, NamesTheFieldThatIsWrong) {
  const std::string model = "model: \"m\" ";
  const auto user = [&](const std::string& part) {
    return model + "messages { role: ROLE_USER parts { text: \"a\" } parts { " + part + " } }";
  };
  const auto assistant = [&](const std::string& part) {
    return model + "messages { role: ROLE_ASSISTANT parts { " + part + " } }";
  };
  const std::pair<std::string, std::string> cases[] = {
      {"messages { role: ROLE_USER parts { text: \"hi\" } }", "model is empty"},
      {model, "messages is empty"},
      {model + "messages { parts { text: \"hi\" } }", "messages[0].role must be"},
      {model + "messages { role: 9 parts { text: \"hi\" } }", "messages[0].role must be"},
      {model + "messages { role: ROLE_USER }", "messages[0].parts is empty"},
      {user(""), "messages[0].parts[1] is empty"},
      {user("image { media_type: \"image/png\" }"), "messages[0].parts[1].image has neither"},
      {user("image { data: \"x\" }"), "messages[0].parts[1].image.media_type must"},
      {user("image { data: \"x\" media_type: \"text/html\" }"), "messages[0].parts[1].image.media_type must"},
      {user("tool_call { id: \"c\" name: \"f\" }"), "messages[0].parts[1].tool_call belongs"},
      {user("reasoning { text: \"hm\" }"), "messages[0].parts[1].reasoning belongs"},
      {user("tool_result { output: \"x\" }"), "messages[0].parts[1].tool_result.id is empty"},
      {assistant("tool_call { name: \"f\" }"), "messages[0].parts[0].tool_call.id is empty"},
      {assistant("tool_call { id: \"c\" }"), "messages[0].parts[0].tool_call.name is empty"},
      {assistant("tool_result { id: \"c\" }"), "messages[0].parts[0].tool_result belongs"},
      {assistant("image { url: \"https://example.com/a.png\" }"), "messages[0].parts[0].image may not"},
      {kHello + std::string("tools { name: \"two words\" }"), "tools[0].name must be"},
      {kHello + std::string("tools { name: \"f\" } tools { name: \"f\" }"), "tools[1].name is there twice"},
      {kHello + std::string("tools { name: \"f\" } tool_choice: \"g\""), "tool_choice must be"},
      {kHello + std::string("max_output_tokens: -1"), "max_output_tokens must not"},
      {kHello + std::string("temperature: nan"), "temperature must be"},
      {kHello + std::string("temperature: -0.5"), "temperature must be"},
  };
  for (const auto& [request, refusal] : cases) EXPECT_THAT(RefusalOf(request), StartsWith(refusal)) << request;
}

google::protobuf::Struct Nested(int levels) {
  google::protobuf::Struct outer;
  google::protobuf::Struct* inner = &outer;
  for (int i = 1; i < levels; ++i) inner = (*inner->mutable_fields())["a"].mutable_struct_value();
  return outer;
}

TEST(ResponsesBody, RefusesStructuresThatAreNestedTooDeep) {
  GenerateRequest request = Request(kHello);
  *request.mutable_output_schema() = Nested(30);
  EXPECT_TRUE(ResponsesBody(request).ok());
  *request.mutable_output_schema() = Nested(31);
  EXPECT_THAT(ResponsesBody(request).error().message, StartsWith("output_schema is nested too deep"));
  request.clear_output_schema();
  request.add_tools()->set_name("f");
  *request.mutable_tools(0)->mutable_parameters() = Nested(2000);
  EXPECT_THAT(ResponsesBody(request).error().message, StartsWith("tools[0].parameters is nested too deep"));
}

TEST(EmbeddingsBody, HoldsTheTexts) {
  EmbedRequest request;
  request.set_model("e");
  request.add_inputs("one");
  request.add_inputs("two");
  EXPECT_EQ(json::parse(EmbeddingsBody(request).value()), json::parse(R"({"model":"e","input":["one","two"]})"));
  request.set_dimensions(8);
  EXPECT_EQ(json::parse(EmbeddingsBody(request).value())["dimensions"], 8);
}

TEST(EmbeddingsBody, NamesTheFieldThatIsWrong) {
  EmbedRequest request;
  EXPECT_THAT(EmbeddingsBody(request).error().message, HasSubstr("model is empty"));
  request.set_model("e");
  EXPECT_THAT(EmbeddingsBody(request).error().message, HasSubstr("inputs is empty"));
  request.add_inputs("one");
  request.set_dimensions(-1);
  EXPECT_THAT(EmbeddingsBody(request).error().message, HasSubstr("dimensions must not"));
}

}  // namespace
}  // namespace wayleave::gateway
