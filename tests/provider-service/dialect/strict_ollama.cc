#include "tests/provider-service/dialect/strict_ollama.h"

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
    Options(chat.value("options", Json::object()));
    for (const Json& tool : chat.value("tools", Json::array())) Parameters(tool["function"]["parameters"]);
    for (const Json& message : chat["messages"]) Message(message);
    Answered();
    return std::move(faults_);
  }

 private:
  void Fault(const std::string& what) { faults_.push_back(what); }

  void Only(const Json& object, const std::set<std::string>& known) {
    for (const auto& [name, value] : object.items()) {
      if (!known.contains(name)) Fault("unknown field " + name);
    }
  }

  void TopLevel(const Json& chat) {
    Only(chat,
         {"model", "messages", "stream", "format", "keep_alive", "tools", "options", "think", "truncate", "shift"});
    if (chat.value("truncate", true) || chat.value("shift", true)) Fault("may be cut");
    if (chat["messages"].empty()) Fault("would only load the model");
    if (chat.contains("tools") && chat["tools"].empty()) Fault("empty tools");
    const Json think = chat.value("think", Json(true));
    if (!think.is_boolean() && think != "low" && think != "medium" && think != "high") Fault("think");
    const Json format = chat.value("format", Json("json"));
    if (format != "json" && !format.is_object()) Fault("format");
  }

  void Options(const Json& options) {
    Only(options, {"num_ctx", "num_predict", "temperature", "top_p", "top_k", "seed", "stop", "presence_penalty",
                   "frequency_penalty"});
    if (!options.value("num_ctx", Json()).is_number_integer()) Fault("no num_ctx");
    if (!options.value("stop", Json::array()).is_array()) Fault("stop is no list");
  }

  bool Texts(const Json& list) {
    for (const Json& one : list) {
      if (!one.is_string()) return false;
    }
    return list.is_array();
  }

  void Parameters(const Json& schema) {
    if (!schema["type"].is_string()) Fault("type of parameters");
    if (!schema["properties"].is_object()) Fault("no properties");
    if (schema.contains("required") && !Texts(schema["required"])) Fault("required of parameters");
    for (const auto& [name, property] : schema["properties"].items()) Property(name, property);
  }

  void Property(const std::string& name, const Json& schema) {
    if (!schema.is_object()) return Fault("property " + name);
    if (schema.contains("type") && !schema["type"].is_string() && !Texts(schema["type"])) Fault("type of " + name);
    if (schema.contains("description") && !schema["description"].is_string()) Fault("description of " + name);
    if (schema.contains("enum") && !schema["enum"].is_array()) Fault("enum of " + name);
    if (schema.contains("required") && !Texts(schema["required"])) Fault("required of " + name);
    for (const Json& one : schema.value("anyOf", Json::array())) Property(name, one);
    const Json properties = schema.value("properties", Json::object());
    for (const auto& [inner, property] : properties.items()) Property(inner, property);
  }

  void Message(const Json& message) {
    Only(message, {"role", "content", "thinking", "images", "tool_calls", "tool_name", "tool_call_id"});
    if (!message["content"].is_string()) Fault("content is no text");
    for (const Json& image : message.value("images", Json::array())) Image(image.get<std::string>());
    const std::string role = message["role"];
    if (role == "tool") return Tool(message);
    Answered();
    if (role == "user" && message["content"] == "" && !message.contains("images")) Fault("empty user");
    for (const Json& call : message.value("tool_calls", Json::array())) {
      if (!call["function"]["arguments"].is_object()) Fault("arguments are no object");
      waiting_.insert(call["id"]);
    }
  }

  void Image(const std::string& data) {
    static const std::regex kBase64("[A-Za-z0-9+/]+={0,2}");
    if (data.size() % 4 != 0 || !std::regex_match(data, kBase64)) Fault("image is not base64");
  }

  void Tool(const Json& message) {
    if (waiting_.erase(message["tool_call_id"]) == 0) Fault("answers no call");
    if (message["tool_name"].get<std::string>().empty()) Fault("answers no tool");
  }

  void Answered() {
    if (!waiting_.empty()) Fault("call without answer: " + *waiting_.begin());
    waiting_.clear();
  }

  std::vector<std::string> faults_;
  std::set<std::string> waiting_;
};

}  // namespace

std::vector<std::string> FaultsOfOllama(const Json& chat) { return Check().Run(chat); }

}  // namespace wayleave::provider::testing
