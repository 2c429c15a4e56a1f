#include "tests/provider-service/dialect/strict_basic.h"

#include <nlohmann/json.hpp>
#include <regex>
#include <set>

namespace wayleave::provider::testing {
namespace {

using Json = nlohmann::ordered_json;

class Check {
 public:
  std::vector<std::string> Run(const Json& request) {
    TopLevel(request);
    Tools(request);
    for (const Json& item : request["input"]) {
      Item(item);
      ++at_;
    }
    Answered();
    return std::move(faults_);
  }

 private:
  void Fault(const std::string& what) { faults_.push_back("item " + std::to_string(at_) + ": " + what); }

  void Known(const Json& object, const std::set<std::string>& names) {
    for (const auto& [name, value] : object.items()) {
      if (!names.contains(name)) Fault("unknown field " + name);
    }
  }

  void TopLevel(const Json& request) {
    Known(request, {"model", "instructions", "input", "stream", "store", "tools", "tool_choice", "parallel_tool_calls",
                    "reasoning", "text", "max_output_tokens", "temperature", "top_p"});
    if (request.contains("store") && request["store"] != false) Fault("would be stored");
    if (!request["input"].is_array() || request["input"].empty()) Fault("no input");
  }

  void Tools(const Json& request) {
    static const std::regex kName("[A-Za-z0-9_-]{1,64}");
    if (!request.contains("tools")) {
      if (request.contains("tool_choice")) Fault("tool_choice without tools");
      return;
    }
    std::set<std::string> names;
    if (request["tools"].empty()) Fault("empty tools");
    for (const Json& tool : request["tools"]) {
      Known(tool, {"type", "name", "description", "parameters", "strict"});
      const std::string name = tool["name"];
      if (tool["type"] != "function") Fault("tool type");
      if (!std::regex_match(name, kName)) Fault("tool name " + name);
      if (!names.insert(name).second) Fault("tool twice: " + name);
      if (tool["parameters"]["type"] != "object" || tool["strict"] != false) Fault("parameters of " + name);
    }
  }

  void Item(const Json& item) {
    const std::string type = item["type"];
    if (type == "function_call_output") return Output(item);
    if (type == "function_call") return Call(item);
    Answered();
    if (type == "message") return Message(item);
    if (type != "reasoning") return Fault("type " + type);
    Known(item, {"type", "summary", "id", "content", "encrypted_content"});
    if (item["content"].size() != 1 || item["summary"].size() != 1 || item["id"] == "") Fault("reasoning");
  }

  void Message(const Json& item) {
    Known(item, {"type", "role", "content"});
    const std::string role = item["role"];
    if (role != "user" && role != "assistant" && role != "system") Fault("role " + role);
    const Json& content = item["content"];
    if (content.empty() || content == "") Fault("empty message");
    if (content.is_string()) return;
    if (role != "user") Fault("parts of " + role);
    for (const Json& part : content) {
      const bool text = part["type"] == "input_text" && part["text"].is_string();
      const bool image = part["type"] == "input_image" && part["image_url"].is_string() && part["detail"].is_string();
      if (!text && !image) Fault("part");
    }
  }

  void Call(const Json& item) {
    if (answering_) Answered();
    Known(item, {"type", "call_id", "name", "arguments"});
    if (!ids_.insert(item["call_id"]).second) Fault("id twice: " + item["call_id"].get<std::string>());
    waiting_.insert(item["call_id"]);
    if (!Json::parse(item["arguments"].get<std::string>(), nullptr, false).is_object()) Fault("arguments");
  }

  void Output(const Json& item) {
    Known(item, {"type", "call_id", "output"});
    answering_ = true;
    if (waiting_.erase(item["call_id"]) == 0) Fault("answers no call");
    if (!item["output"].is_string()) Fault("output is no text");
  }

  void Answered() {
    if (!waiting_.empty()) Fault("call without answer: " + *waiting_.begin());
    waiting_.clear();
    answering_ = false;
  }

  std::vector<std::string> faults_;
  std::set<std::string> ids_;
  std::set<std::string> waiting_;
  bool answering_ = false;
  int at_ = 0;
};

}  // namespace

std::vector<std::string> FaultsOfBasic(const Json& request) { return Check().Run(request); }

}  // namespace wayleave::provider::testing
