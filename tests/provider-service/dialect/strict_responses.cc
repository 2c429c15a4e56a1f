#include "tests/provider-service/dialect/strict_responses.h"

#include <nlohmann/json.hpp>

#include "base/http/sse.h"

namespace wayleave::provider::testing {
namespace {

using Json = nlohmann::ordered_json;

class Check {
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
    if (event["sequence_number"] != at_) Fault("sequence_number");
    if (at_ == 0 && type != "response.created") Fault("begins with " + type);
    if (event.contains("response")) Response(type, event["response"]);
    if (type == "response.output_item.added") Added(event);
    if (type == "response.output_item.done") Done(event);
    if (event.contains("item_id")) InItem(type, event);
    ++at_;
  }

  void Response(const std::string& type, const Json& response) {
    for (const char* key : {"id", "object", "created_at", "status", "error", "incomplete_details", "model", "output",
                            "parallel_tool_calls", "tool_choice", "tools", "usage", "metadata", "instructions"}) {
      if (!response.contains(key)) Fault(std::string("response without ") + key);
    }
    if (response.contains("end_turn")) Fault("end_turn");
    if (!response["created_at"].is_number_integer()) Fault("created_at");
    if (id_.empty()) id_ = response["id"];
    if (response["id"] != id_) Fault("another id");
    if (const Json& usage = response["usage"]; !usage.is_null()) Usage(usage);
    const std::string status = response["status"];
    if (type == "response.created" || type == "response.in_progress") return;
    if (type != "response." + status) Fault("status " + status);
    if (status == "failed" && !response["error"]["code"].is_string()) Fault("code is no string");
    if (response["output"] != items_) Fault("output differs from the items");
    ended_ = true;
  }

  void Usage(const Json& usage) {
    for (const char* key : {"input_tokens", "output_tokens", "total_tokens"}) {
      if (!usage[key].is_number_integer()) Fault(std::string("usage without ") + key);
    }
    if (!usage["input_tokens_details"]["cached_tokens"].is_number_integer()) Fault("usage without details");
    if (!usage["output_tokens_details"]["reasoning_tokens"].is_number_integer()) Fault("usage without details");
  }

  void Added(const Json& event) {
    if (!open_.is_null()) Fault("two items open");
    if (event["output_index"] != items_.size()) Fault("output_index");
    open_ = event["item"];
    deltas_.clear();
  }

  void Done(const Json& event) {
    const Json& item = event["item"];
    if (open_.is_null() || open_["id"] != item["id"] || open_["type"] != item["type"]) Fault("done, but not added");
    if (event["output_index"] != items_.size()) Fault("output_index");
    const std::string type = item["type"];
    if (type == "message" && item["content"][0]["text"] != deltas_) Fault("text differs from its deltas");
    if (type == "reasoning") Thought(item);
    if (type == "reasoning" && !item["summary"].is_array()) Fault("no summary: Codex drops it");
    if (type == "function_call" && (item["arguments"] != deltas_ || item["call_id"] == "")) Fault("call");
    if (type == "custom_tool_call" && item["input"] != deltas_) Fault("input differs from its deltas");
    if (type == "tool_search_call" && !item["arguments"].is_object()) Fault("search");
    items_.push_back(item);
    open_ = nullptr;
  }

  void Thought(const Json& item) {
    const Json& told = item["content"].empty() ? item["summary"] : item["content"];
    if ((told.empty() ? Json("") : told[0]["text"]) != deltas_) Fault("text differs from its deltas");
  }

  void InItem(const std::string& type, const Json& event) {
    if (open_.is_null() || event["item_id"] != open_["id"]) Fault(type + " outside of its item");
    if (event["output_index"] != items_.size()) Fault("output_index");
    if (type.ends_with(".delta")) deltas_ += event["delta"].get<std::string>();
  }

  std::vector<std::string> faults_;
  int at_ = 0;
  bool ended_ = false;
  std::string id_;
  std::string deltas_;
  Json open_;
  Json items_ = Json::array();
};

}  // namespace

std::vector<std::string> FaultsOfStream(std::string_view sse) { return Check().Run(sse); }

}  // namespace wayleave::provider::testing
