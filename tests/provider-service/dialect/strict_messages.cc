#include "tests/provider-service/dialect/strict_messages.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "base/http/sse.h"

namespace wayleave::provider::testing {
namespace {

using Json = nlohmann::ordered_json;

const Json& At(const Json& object, const char* key) {
  static const Json kNull;
  return object.contains(key) ? object[key] : kNull;
}

class RequestCheck {
 public:
  std::vector<std::string> Run(const Json& request) {
    TopLevel(request);
    Thinking(request);
    Tools(request);
    for (const Json& message : request["messages"]) {
      Message(message);
      ++at_;
    }
    if (!waiting_.empty()) Fault("call without answer");
    if (last_role_ != "user") Fault("ends with " + last_role_);
    if (marks_ > 4) Fault("more than four marks for the cache");
    return std::move(faults_);
  }

 private:
  void Fault(const std::string& what) { faults_.push_back("message " + std::to_string(at_) + ": " + what); }

  void TopLevel(const Json& request) {
    static const std::set<std::string> kKnown = {
        "model",    "max_tokens",    "system",         "messages", "stream",      "tools", "tool_choice",
        "thinking", "output_config", "stop_sequences", "metadata", "temperature", "top_p", "top_k"};
    for (const auto& [name, value] : request.items()) {
      if (!kKnown.contains(name)) Fault("unknown field " + name);
    }
    if (request["max_tokens"] < 1) Fault("max_tokens");
    if (request["messages"].empty()) Fault("no messages");
    if (request.contains("temperature") && (request["temperature"] > 1 || request.contains("top_p"))) {
      Fault("temperature");
    }
    for (const Json& block : At(request, "system")) {
      if (block["type"] != "text" || block["text"] == "") Fault("system");
      Mark(block);
    }
  }

  void Thinking(const Json& request) {
    if (!request.contains("thinking") || request["thinking"]["type"] == "disabled") return;
    if (request["thinking"]["type"] == "enabled") {
      const auto budget = request["thinking"]["budget_tokens"].get<int>();
      if (budget < 1024 || budget >= request["max_tokens"].get<int>()) Fault("budget_tokens");
    }
    if (request.contains("temperature") || request.contains("top_k")) Fault("sampling and thinking");
    const Json& choice = At(request, "tool_choice");
    if (!choice.is_null() && (choice["type"] == "any" || choice["type"] == "tool")) Fault("forced and thinking");
  }

  void Tools(const Json& request) {
    static const std::regex kName("[A-Za-z0-9_-]{1,128}");
    std::set<std::string> names;
    if (!request.contains("tools")) {
      if (request.contains("tool_choice")) Fault("tool_choice without tools");
      return;
    }
    for (const Json& tool : request["tools"]) {
      const std::string name = tool["name"];
      if (!std::regex_match(name, kName)) Fault("tool name " + name);
      if (!names.insert(name).second) Fault("tool twice: " + name);
      if (tool["input_schema"]["type"] != "object") Fault("schema of " + name);
      for (const char* choice : {"oneOf", "anyOf", "allOf"}) {
        if (tool["input_schema"].contains(choice)) Fault("choice at the top of " + name);
      }
      Mark(tool);
    }
  }

  void Mark(const Json& block) {
    if (block.contains("cache_control")) ++marks_;
  }

  void Message(const Json& message) {
    const std::string role = message["role"];
    if (role == last_role_) Fault("two of " + role + " in a row");
    if (at_ == 0 && role != "user") Fault("begins with " + role);
    last_role_ = role;
    if (!message["content"].is_array() || message["content"].empty()) return Fault("no content");
    Results(message);
    for (const Json& block : message["content"]) Block(role, block);
    if (role == "assistant" && message["content"].back()["type"] == "thinking") Fault("ends with thinking");
  }

  // All results, and right at the beginning.
  void Results(const Json& message) {
    bool others = false;
    for (const Json& block : message["content"]) {
      const bool result = block["type"] == "tool_result";
      if (!result) others = true;
      if (!result) continue;
      if (others) Fault("result behind other blocks");
      if (waiting_.erase(block["tool_use_id"]) == 0) Fault("answers no call");
    }
    if (!waiting_.empty()) Fault("call without answer: " + *waiting_.begin());
    waiting_.clear();
  }

  void Block(const std::string& role, const Json& block) {
    static const std::set<std::string> kUsers = {"text", "image", "tool_result"};
    static const std::set<std::string> kAssistants = {"text", "thinking", "redacted_thinking", "tool_use"};
    const std::string type = block["type"];
    if (!(role == "user" ? kUsers : kAssistants).contains(type)) Fault(type + " of " + role);
    Mark(block);
    if (type == "text") Text(block);
    if (type == "image") Image(block);
    if (type == "thinking" && (!block["signature"].is_string() || !block["thinking"].is_string())) Fault("thinking");
    if (type == "tool_use") Call(block);
    if (type == "tool_result" && block.contains("content")) {
      for (const Json& part : block["content"]) Block("user", part);
    }
  }

  void Text(const Json& block) {
    const std::string text = block["text"];
    if (text.find_first_not_of(" \t\r\n") == std::string::npos) Fault("blank text");
  }

  void Image(const Json& block) {
    static const std::set<std::string> kTypes = {"image/jpeg", "image/png", "image/gif", "image/webp"};
    const Json& source = block["source"];
    if (source["type"] == "base64" && !kTypes.contains(source["media_type"])) Fault("image type");
    if (source["type"] != "base64" && source["type"] != "url") Fault("image source");
  }

  void Call(const Json& block) {
    static const std::regex kId("[a-zA-Z0-9_-]+");
    const std::string id = block["id"];
    if (!std::regex_match(id, kId)) Fault("id " + id);
    if (!ids_.insert(id).second) Fault("id twice: " + id);
    if (!block["input"].is_object()) Fault("input is no object");
    waiting_.insert(id);
  }

  std::vector<std::string> faults_;
  std::set<std::string> ids_;
  std::set<std::string> waiting_;
  std::string last_role_;
  int marks_ = 0;
  int at_ = 0;
};

class StreamCheck {
 public:
  std::vector<std::string> Run(std::string_view sse) {
    http::SseParser parser;
    parser.Feed(sse);
    while (const auto block = parser.Next()) Event(std::string(block->event), Json::parse(block->data, nullptr, false));
    if (parser.Rest()) Fault("no blank line at the end");
    if (!ended_) Fault("no terminal event");
    return std::move(faults_);
  }

 private:
  void Fault(const std::string& what) { faults_.push_back("event " + std::to_string(at_) + ": " + what); }

  void Event(const std::string& name, const Json& event) {
    if (!event.is_object()) return Fault("no JSON");
    const std::string type = event["type"];
    if (ended_) Fault(type + " after the end");
    if (name != type) Fault("event: " + name + " for " + type);
    if (!started_ && type != "message_start" && type != "error") Fault("begins with " + type);
    if (type == "message_start") Start(event["message"]);
    if (type == "content_block_start") BlockStart(event);
    if (type == "content_block_delta") Delta(event);
    if (type == "content_block_stop") BlockStop(event);
    if (type == "message_delta") MessageDelta(event);
    if (type == "message_stop" && !stopped_) Fault("no reason to stop");
    if (type == "error" && (!event["error"]["type"].is_string() || !event["error"]["message"].is_string())) {
      Fault("error without type or message");
    }
    ended_ = ended_ || type == "message_stop" || type == "error";
    ++at_;
  }

  void Start(const Json& message) {
    if (started_) Fault("two starts");
    started_ = true;
    for (const char* key : {"id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "usage"}) {
      if (!message.contains(key)) Fault(std::string("message without ") + key);
    }
    Usage(message["usage"]);
  }

  void Usage(const Json& usage) {
    for (const char* key :
         {"input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"}) {
      if (!usage[key].is_number_integer()) Fault(std::string("usage without ") + key);
    }
  }

  void BlockStart(const Json& event) {
    if (!open_.is_null()) Fault("two blocks open");
    if (event["index"] != blocks_) Fault("index");
    open_ = event["content_block"];
    json_.clear();
    if (open_["type"] == "tool_use" && (open_["name"] == "" || open_["input"] != Json::object())) Fault("tool_use");
    if (open_["type"] == "tool_use") ids_.push_back(open_["id"]);
    signed_ = false;
  }

  void Delta(const Json& event) {
    static const std::set<std::pair<std::string, std::string>> kFits = {{"text", "text_delta"},
                                                                        {"thinking", "thinking_delta"},
                                                                        {"thinking", "signature_delta"},
                                                                        {"tool_use", "input_json_delta"}};
    if (open_.is_null() || event["index"] != blocks_) return Fault("delta outside of its block");
    const std::string type = event["delta"]["type"];
    if (!kFits.contains({open_["type"], type})) Fault(type + " in a block of " + open_["type"].get<std::string>());
    if (type == "input_json_delta") json_ += event["delta"]["partial_json"].get<std::string>();
    if (signed_) Fault("delta behind the signature");
    signed_ = type == "signature_delta";
  }

  void BlockStop(const Json& event) {
    if (open_.is_null() || event["index"] != blocks_) Fault("stop outside of its block");
    if (open_["type"] == "tool_use" && !Json::parse(json_, nullptr, false).is_object()) Fault("input is no object");
    if (open_["type"] == "thinking" && !signed_) Fault("thinking without signature");
    open_ = nullptr;
    ++blocks_;
  }

  void MessageDelta(const Json& event) {
    if (!open_.is_null()) Fault("a block is open at the end");
    if (!event["delta"]["stop_reason"].is_string()) Fault("stop_reason");
    const bool calls = !ids_.empty();
    if (calls != (event["delta"]["stop_reason"] == "tool_use")) Fault("stop_reason does not fit the calls");
    std::sort(ids_.begin(), ids_.end());
    if (std::adjacent_find(ids_.begin(), ids_.end()) != ids_.end()) Fault("id twice");
    Usage(event["usage"]);
    stopped_ = true;
  }

  std::vector<std::string> faults_;
  std::vector<std::string> ids_;
  Json open_;
  std::string json_;
  int blocks_ = 0;
  int at_ = 0;
  bool started_ = false;
  bool stopped_ = false;
  bool ended_ = false;
  bool signed_ = false;
};

}  // namespace

std::vector<std::string> FaultsOfMessages(const Json& request) { return RequestCheck().Run(request); }
std::vector<std::string> FaultsOfMessagesStream(std::string_view sse) { return StreamCheck().Run(sse); }

}  // namespace wayleave::provider::testing
