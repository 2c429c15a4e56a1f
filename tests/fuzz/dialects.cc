#include "tests/fuzz/dialects.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/http/sse.h"

namespace wayleave::provider::fuzz {
namespace {

using Json = nlohmann::json;

bool IsTerminal(Dialect client, const http::SseBlock& block) {
  if (client == Dialect::kChat && block.data == "[DONE]") return true;
  const Json event = Json::parse(block.data, nullptr, false);
  WAYLEAVE_EXPECT(event.is_object());
  if (client == Dialect::kChat) return event.contains("error");
  const std::string type = event.value("type", "");
  if (client == Dialect::kMessages) return type == "message_stop" || type == "error";
  return type == "response.completed" || type == "response.incomplete" || type == "response.failed";
}

void ExpectOneEnd(Dialect client, std::string_view bytes) {
  http::SseParser parser;
  parser.Feed(bytes);
  int terminal = 0;
  while (const auto block = parser.Next()) {
    if (!block->has_data) continue;
    WAYLEAVE_EXPECT(terminal == 0);
    terminal += IsTerminal(client, *block);
  }
  WAYLEAVE_EXPECT(!parser.Rest());
  WAYLEAVE_EXPECT(terminal == 1);
}

}  // namespace

const std::vector<Dialect> kClientDialects{Dialect::kResponses, Dialect::kChat, Dialect::kMessages};
const std::vector<Dialect> kUpstreamDialects{Dialect::kResponses, Dialect::kBasicResponses, Dialect::kChat,
                                             Dialect::kMessages, Dialect::kOllama};

std::string_view RequestIn(Dialect client) {
  switch (client) {
    case Dialect::kChat:
      return R"({"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}],"tools":[
        {"type":"function","function":{"name":"exec_command","parameters":{"type":"object"}}}]})";
    case Dialect::kMessages:
      return R"({"model":"m","max_tokens":100,"stream":true,"messages":[{"role":"user","content":"hi"}],"tools":[
        {"name":"exec_command","input_schema":{"type":"object"}}]})";
    default:
      return R"({"model":"m","stream":true,"input":"hi","tools":[
        {"type":"function","name":"exec_command","parameters":{"type":"object"}},
        {"type":"namespace","name":"mcp__demo","tools":[{"type":"function","name":"add"}]},
        {"type":"custom","name":"apply_patch"},{"type":"tool_search","execution":"client"}]})";
  }
}

TranslateOptions OptionsFor(Dialect client, Dialect upstream, bool stream) {
  TranslateOptions options;
  options.client = client;
  options.upstream = upstream;
  options.upstream_model = "upstream";
  options.client_model = "model";
  options.client_stream = stream;
  options.include_usage = true;
  options.ids = [count = std::make_shared<int>(0)](std::string_view prefix) {
    return std::string(prefix) + "_" + std::to_string(++*count);
  };
  return options;
}

void ExpectOneWholeAnswer(Dialect client, bool stream, std::string_view bytes) {
  if (stream) return ExpectOneEnd(client, bytes);
  WAYLEAVE_EXPECT(Json::parse(bytes, nullptr, false).is_object());
}

void Drive(Reply& reply, Dialect client, bool stream, std::string_view upstream, std::size_t piece, bool broken) {
  Output out;
  reply.Begin(out);
  for (std::size_t at = 0; at < upstream.size(); at += piece) {
    // Copies, so that a kept view of bytes that are gone is seen.
    const std::string bytes(upstream.substr(at, piece));
    reply.Feed(bytes, out);
    if (at == 0) reply.KeepAlive(out);
  }
  broken ? reply.Break("server_error", "broke off", out) : reply.End(out);
  const std::size_t told = out.bytes.size();
  WAYLEAVE_EXPECT(out.finish != Finish::kNone || out.failure);
  reply.KeepAlive(out);
  reply.Feed(upstream, out);
  reply.End(out);
  reply.Break("server_error", "again", out);
  WAYLEAVE_EXPECT(out.bytes.size() == told);
  if (!out.failure) ExpectOneWholeAnswer(client, stream, out.bytes);
}

}  // namespace wayleave::provider::fuzz
