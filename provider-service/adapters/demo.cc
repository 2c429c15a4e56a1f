#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "provider-service/adapters/calls.h"

namespace wayleave::provider {
namespace {

using nlohmann::json;

constexpr char kName[] = "demo";
constexpr std::size_t kQuote = 80;

std::string TextOf(const json& content) {
  if (content.is_string()) return content.get<std::string>();
  std::string text;
  if (!content.is_array()) return text;
  for (const json& part : content) {
    if (part.is_object() && part.contains("text") && part["text"].is_string()) text += part["text"].get<std::string>();
  }
  return text;
}

std::string LastUserText(const json& body) {
  if (!body.is_object() || !body.contains("messages") || !body["messages"].is_array()) return {};
  const json& messages = body["messages"];
  for (auto it = messages.rbegin(); it != messages.rend(); ++it) {
    if (it->is_object() && it->value("role", json()) == "user" && it->contains("content"))
      return TextOf((*it)["content"]);
  }
  return {};
}

// One line of at most kQuote bytes, whole characters only.
std::string Brief(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  if (text.size() <= kQuote) return text;
  std::size_t end = kQuote;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

std::string Speech(const std::string& question) {
  std::string speech =
      "This is Wayleave's built-in demo: a script, not a language model. "
      "Your request came through the gateway and this answer went back the same way";
  if (!question.empty()) speech += "; you wrote: “" + Brief(question) + "”";
  return speech +
         ". To talk to a real model, set OPENAI_API_KEY or ANTHROPIC_API_KEY, or start Ollama (`ollama serve`), "
         "and then restart Wayleave and ask for one of their models.";
}

// A few words each, as models send them.
std::vector<std::string> Deltas(const std::string& speech) {
  std::vector<std::string> deltas(1);
  int words = 0;
  for (char c : speech) {
    deltas.back() += c;
    if (c == ' ' && ++words % 3 == 0) deltas.emplace_back();
  }
  return deltas;
}

// What users write need not be proper UTF-8.
std::string Dump(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

std::int64_t RoughTokens(std::size_t bytes) { return static_cast<std::int64_t>((bytes + 3) / 4); }

class Scene {
 public:
  Scene(const v1::GenerateRequest& request, std::string_view chat_body, std::int64_t now) : now_(now) {
    const json body = json::parse(chat_body, nullptr, false);
    speech_ = Speech(LastUserText(body));
    model_ = request.model().empty() ? kName : request.model();
    id_ = "chatcmpl-demo" + std::to_string(now);
    input_tokens_ = RoughTokens(chat_body.size());
  }

  std::vector<std::string> Events() const {
    std::vector<std::string> events;
    events.push_back(Event({{"role", "assistant"}, {"content", ""}}));
    for (std::string& delta : Deltas(speech_)) events.push_back(Event({{"content", std::move(delta)}}));
    json last = Frame("chat.completion.chunk");
    last["choices"] = json::array({{{"index", 0}, {"delta", json::object()}, {"finish_reason", "stop"}}});
    json usage = Frame("chat.completion.chunk");
    usage["choices"] = json::array();
    usage["usage"] = Usage();
    events.push_back("data: " + Dump(last) + "\n\ndata: " + Dump(usage) + "\n\ndata: [DONE]\n\n");
    return events;
  }

  std::string Document() const {
    json document = Frame("chat.completion");
    document["choices"] = json::array(
        {{{"index", 0}, {"message", {{"role", "assistant"}, {"content", speech_}}}, {"finish_reason", "stop"}}});
    document["usage"] = Usage();
    return Dump(document);
  }

 private:
  json Frame(const char* object) const {
    return {{"id", id_}, {"object", object}, {"created", now_}, {"model", model_}};
  }

  std::string Event(json delta) const {
    json chunk = Frame("chat.completion.chunk");
    chunk["choices"] = json::array({{{"index", 0}, {"delta", std::move(delta)}, {"finish_reason", nullptr}}});
    return "data: " + Dump(chunk) + "\n\n";
  }

  json Usage() const {
    const std::int64_t output = RoughTokens(speech_.size());
    return {{"prompt_tokens", input_tokens_}, {"completion_tokens", output}, {"total_tokens", input_tokens_ + output}};
  }

  const std::int64_t now_;
  std::string speech_;
  std::string model_;
  std::string id_;
  std::int64_t input_tokens_ = 0;
};

// A model without a model: what it says goes through the same dialects as everybody's answers, so that the
// first minute works with nothing else installed.
class DemoAdapter : public Adapter {
 public:
  Result<UpstreamCall> Prepare(const Ask& ask) const override {
    if (ask.request.endpoint() == v1::ENDPOINT_EMBEDDINGS) return UnsupportedEndpoint("makes no embeddings.");
    Quirks quirks;
    quirks.chat.merge_user_messages = false;  // the last message is the question, not the surroundings
    const bool through =
        ask.request.endpoint() == v1::ENDPOINT_CHAT_COMPLETIONS && !MustBeTranslated(ask.request);
    Result<UpstreamCall> call = through ? ChatThrough(ask, quirks)
                                    : Translated(ask, Dialect::kChat, "/chat/completions", quirks);
    if (!call) return call;
    const Scene scene(ask.request, call->body.Joined(), ask.now);
    call->script = call->events ? scene.Events() : std::vector<std::string>{scene.Document()};
    return call;
  }

  std::vector<std::string> OwnModels() const override { return {kName}; }
};

}  // namespace

AdapterType Demo() {
  AdapterType type;
  type.name = kName;
  type.has_upstream = false;
  type.make = [](const AdapterConfig&) -> std::unique_ptr<Adapter> { return std::make_unique<DemoAdapter>(); };
  return type;
}

}  // namespace wayleave::provider
