#include "gateway/inference_events.h"

namespace wayleave::gateway {
namespace {

using Element = simdjson::dom::element;
using Found = simdjson::simdjson_result<Element>;

// The text, or "" for what is none.
std::string_view TextOf(const Found& found) {
  std::string_view text;
  return found.get_string().get(text) == simdjson::SUCCESS ? text : std::string_view();
}

// The texts of a list of parts {"text": …} or {"refusal": …}, one after the other.
std::string Texts(const Found& parts) {
  std::string all;
  simdjson::dom::array list;
  if (parts.get_array().get(list) != simdjson::SUCCESS) return all;
  for (const Element part : list) all.append(TextOf(part["text"])).append(TextOf(part["refusal"]));
  return all;
}

std::string_view FinishReason(std::string_view incomplete) {
  return incomplete == "max_output_tokens" || incomplete.empty() ? "length" : incomplete;
}

}  // namespace

std::vector<InferenceEvents::Event> InferenceEvents::Read(std::string_view batch) {
  std::vector<Event> out;
  if (ended_) return out;
  sse_.Feed(batch);
  while (!ended_) {
    const auto block = sse_.Next();
    if (!block) break;
    if (block->has_data && block->data != "[DONE]") ReadBlock(block->data, out);
  }
  return out;
}

void InferenceEvents::ReadBlock(std::string_view data, std::vector<Event>& out) {
  Element event;
  if (json_.parse(data.data(), data.size()).get(event) != simdjson::SUCCESS) {
    ended_ = unreadable_ = true;
    out.push_back(Broken("upstream_bad_response", "An event of the provider's answer can't be read."));
    return;
  }
  ReadEvent(TextOf(event["type"]), event, out);
}

void InferenceEvents::ReadEvent(std::string_view type, const Element& event, std::vector<Event>& out) {
  if (type == "response.output_text.delta" || type == "response.refusal.delta") {
    Text(TextOf(event["delta"]), out);
  } else if (type == "response.reasoning_text.delta" || type == "response.reasoning_summary_text.delta") {
    Reasoning(TextOf(event["delta"]), out);
  } else if (type == "response.reasoning_summary_part.added") {
    if (reasoning_seen_) Reasoning("\n\n", out);
  } else if (type == "response.output_item.done") {
    Element item;
    if (event["item"].get(item) == simdjson::SUCCESS) ItemDone(item, out);
  } else if (type == "response.completed") {
    Complete(called_ ? "tool_calls" : "stop", out);
  } else if (type == "response.incomplete") {
    Complete(FinishReason(TextOf(event["response"]["incomplete_details"]["reason"])), out);
  } else if (type == "response.failed") {
    Fail(event, out);
  }
}

void InferenceEvents::ItemDone(const Element& item, std::vector<Event>& out) {
  const std::string_view type = TextOf(item["type"]);
  if (type == "function_call") Call(item, out);
  if (type == "message") Message(item, out);
  if (type == "reasoning") Thought(item, out);
}

void InferenceEvents::Call(const Element& item, std::vector<Event>& out) {
  called_ = true;
  auto& call = *out.emplace_back().mutable_tool_call();
  call.set_id(std::string(TextOf(item["call_id"])));
  call.set_name(std::string(TextOf(item["name"])));
  call.set_arguments(std::string(TextOf(item["arguments"])));
}

// Some servers send no deltas.
void InferenceEvents::Message(const Element& item, std::vector<Event>& out) {
  if (!std::exchange(text_seen_, false)) Text(Texts(item["content"]), out);
  text_seen_ = false;
}

void InferenceEvents::Thought(const Element& item, std::vector<Event>& out) {
  std::string text = Texts(item["summary"]);
  if (text.empty()) text = Texts(item["content"]);
  if (!reasoning_seen_) Reasoning(text, out);
  reasoning_seen_ = false;
  const std::string_view state = TextOf(item["encrypted_content"]);
  if (text.empty() && state.empty()) return;
  auto& thought = *out.emplace_back().mutable_reasoning();
  thought.set_text(std::move(text));
  thought.set_state(std::string(state));
}

void InferenceEvents::Text(std::string_view delta, std::vector<Event>& out) {
  text_seen_ = true;
  if (delta.empty()) return;
  if (out.empty() || !out.back().has_text_delta()) out.emplace_back().set_text_delta("");
  out.back().mutable_text_delta()->append(delta);
}

void InferenceEvents::Reasoning(std::string_view delta, std::vector<Event>& out) {
  reasoning_seen_ = true;
  if (delta.empty()) return;
  if (out.empty() || !out.back().has_reasoning_delta()) out.emplace_back().set_reasoning_delta("");
  out.back().mutable_reasoning_delta()->append(delta);
}

void InferenceEvents::Complete(std::string_view reason, std::vector<Event>& out) {
  ended_ = true;
  out.emplace_back().mutable_completed()->set_finish_reason(std::string(reason));
}

void InferenceEvents::Fail(const Element& event, std::vector<Event>& out) {
  ended_ = true;
  const Found error = event["response"]["error"];
  const std::string_view code = TextOf(error["code"]);
  const std::string_view message = TextOf(error["message"]);
  out.push_back(Broken(code.empty() ? "server_error" : code,
                       message.empty() ? "The provider's answer broke off. Please try again." : message));
}

InferenceEvents::Event InferenceEvents::Broken(std::string_view code, std::string_view message) {
  Event event;
  event.mutable_failed()->set_code(std::string(code));
  event.mutable_failed()->set_message(std::string(message));
  return event;
}

}  // namespace wayleave::gateway
