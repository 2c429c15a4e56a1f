#include "tests/provider-service/dialect/strict_chat.h"

#include <nlohmann/json.hpp>
#include <regex>
#include <set>

namespace wayleave::provider::testing {
namespace {

using Json = nlohmann::ordered_json;

class Check {
 public:
  std::vector<std::string> Run(const Json& chat) {
    TopLevel(chat);
    Tools(chat);
    for (const Json& message : chat["messages"]) {
      Message(message);
      ++at_;
    }
    Answered();
    return std::move(faults_);
  }

 private:
  void Fault(const std::string& what) { faults_.push_back("message " + std::to_string(at_) + ": " + what); }

  void TopLevel(const Json& chat) {
    static const std::set<std::string> kKnown = {
        "model",       "messages",         "stream",          "stream_options", "tools",
        "tool_choice", "parallel_tool_calls", "reasoning_effort", "response_format", "max_tokens",
        "max_completion_tokens", "temperature", "top_p", "stop", "presence_penalty", "frequency_penalty", "seed",
        "verbosity"};
    for (const auto& [name, value] : chat.items()) {
      if (!kKnown.contains(name)) Fault("unknown field " + name);
    }
    if (chat.value("stream", false) != true) Fault("no stream");
    if (chat["messages"].empty()) Fault("no messages");
  }

  void Tools(const Json& chat) {
    static const std::regex kName("[A-Za-z0-9_-]{1,64}");
    std::set<std::string> names;
    if (!chat.contains("tools")) {
      if (chat.contains("tool_choice")) Fault("tool_choice without tools");
      return;
    }
    if (chat["tools"].empty()) Fault("empty tools");
    for (const Json& tool : chat["tools"]) {
      const std::string name = tool["function"]["name"];
      if (tool["type"] != "function") Fault("tool type");
      if (!std::regex_match(name, kName)) Fault("tool name " + name);
      if (!names.insert(name).second) Fault("tool twice: " + name);
      if (tool["function"]["parameters"]["type"] != "object") Fault("parameters of " + name);
    }
  }

  void Message(const Json& message) {
    const std::string role = message["role"];
    if (role == "tool") return Tool(message);
    Answered();
    if (role == "system" && at_ != 0) Fault("system not first");
    if (role == "user" && message["content"].empty()) Fault("empty user");
    if (role == "user" && message["content"] == "") Fault("empty user");
    if (role == "assistant") Assistant(message);
    if (role != "system" && role != "user" && role != "assistant") Fault("role " + role);
    last_role_ = role;
  }

  void Tool(const Json& message) {
    if (waiting_.erase(message["tool_call_id"]) == 0) Fault("answers no call");
    if (!message["content"].is_string()) Fault("content is no text");
    last_role_ = "tool";
  }

  void Assistant(const Json& message) {
    if (last_role_ == "assistant") Fault("two assistants in a row");
    const bool silent = message["content"].is_null() || message["content"] == "";
    if (silent && !message.contains("tool_calls")) Fault("empty assistant");
    if (!message.contains("tool_calls")) return;
    for (const Json& call : message["tool_calls"]) {
      if (!ids_.insert(call["id"]).second) Fault("id twice: " + call["id"].get<std::string>());
      waiting_.insert(call["id"]);
      if (!Json::parse(call["function"]["arguments"].get<std::string>(), nullptr, false).is_object()) {
        Fault("arguments are no object");
      }
    }
  }

  void Answered() {
    if (!waiting_.empty()) Fault("call without answer: " + *waiting_.begin());
    waiting_.clear();
  }

  std::vector<std::string> faults_;
  std::set<std::string> ids_;
  std::set<std::string> waiting_;
  std::string last_role_;
  int at_ = 0;
};

}  // namespace

std::vector<std::string> FaultsOf(const Json& chat) { return Check().Run(chat); }

}  // namespace wayleave::provider::testing
