#include "gateway/redaction/event_deltas.h"

#include <array>

#include "gateway/redaction/event_leaves.h"

namespace wayleave::gateway {
namespace {

std::string Join(std::initializer_list<std::string_view> words) {
  std::string joined;
  for (const std::string_view word : words) joined.append(word).append("/");
  return joined;
}

Delta MakeDelta(const EventLeaf& text, std::string channel, std::string_view owner, bool holds_json) {
  Delta delta;
  delta.channel = std::move(channel);
  delta.owner = owner;
  delta.begin = text.begin;
  delta.end = text.end;
  delta.holds_json = holds_json;
  return delta;
}

void ReadResponses(const EventLeaves& event, std::string_view type, EventDeltas& into) {
  const std::string_view owner = event.Text("output_index");
  const EventLeaf* text = type.ends_with(".delta") ? event.Find("delta") : nullptr;
  if (text && text->is_string) {
    std::string channel = Join({type, owner, event.Text("content_index"), event.Text("summary_index")});
    into.deltas.push_back(MakeDelta(*text, std::move(channel), owner, type.find("arguments") != type.npos));
  } else if (type.ends_with(".done") && !owner.empty()) {
    into.closes.emplace_back(owner);
  } else if (type == "response.completed" || type == "response.failed" || type == "response.incomplete" ||
             type.ends_with(".done")) {
    into.closes_all = true;
  }
}

void ReadMessages(const EventLeaves& event, std::string_view type, EventDeltas& into) {
  const std::string_view owner = event.Text("index");
  if (type == "content_block_delta") {
    for (const std::string_view name : {"delta.text", "delta.partial_json", "delta.thinking"}) {
      const EventLeaf* text = event.Find(name);
      if (!text || !text->is_string) continue;
      into.deltas.push_back(MakeDelta(*text, Join({owner, name}), owner, name == "delta.partial_json"));
    }
  } else if (type == "content_block_stop") {
    into.closes.emplace_back(owner);
  } else if (type == "message_delta" || type == "message_stop" || type == "error") {
    into.closes_all = true;
  }
}

// The texts of a chat's delta, and of each of its calls.
constexpr std::array<std::string_view, 5> kChatTexts = {"content", "refusal", "reasoning_content", "reasoning",
                                                        "function_call.arguments"};
constexpr std::array<std::string_view, 2> kCallTexts = {"function.arguments", "custom.input"};

// {"a":{"b":" and "}} for a.b, around a text.
void Wrap(std::string_view path, std::string& before, std::string& behind) {
  for (;;) {
    const auto dot = path.find('.');
    before.append("{\"").append(path.substr(0, dot)).append("\":");
    behind.insert(0, "}");
    if (dot == path.npos) break;
    path.remove_prefix(dot + 1);
  }
  before += '"';
  behind.insert(0, "\"");
}

class ChatReader {
 public:
  ChatReader(std::string_view data, const EventLeaves& event, EventDeltas& into)
      : data_(data), event_(event), into_(into) {}

  void Choice(const std::string& path) {
    const std::string_view told = event_.Text(path + ".index");
    index_ = told.empty() ? "0" : std::string(told);
    const std::string_view reason = event_.Text(path + ".finish_reason");
    last_ = !reason.empty() && reason != "null";
    for (const std::string_view name : kChatTexts) Text(path + ".delta.", name, "", "");
    for (std::size_t i = 0; event_.Find(path + ".delta.tool_calls." + std::to_string(i)); ++i) {
      Call(path + ".delta.tool_calls." + std::to_string(i));
    }
    if (last_) into_.closes.push_back(index_);
  }

 private:
  void Call(const std::string& path) {
    const std::string_view told = event_.Text(path + ".index");
    const std::string call = told.empty() ? path.substr(path.rfind('.') + 1) : std::string(told);
    for (const std::string_view name : kCallTexts) {
      Text(path + ".", name, "{\"tool_calls\":[{\"index\":" + call + ",", "]}", call);
    }
  }

  // `open` stands for the beginning of the object that `name` leads on from.
  void Text(const std::string& path, std::string_view name, const std::string& open, const std::string& close,
            const std::string& call = "") {
    const EventLeaf* text = event_.Find(path + std::string(name));
    if (!text || !text->is_string) return;
    Delta delta = MakeDelta(*text, Join({index_, call, name}), index_, name.ends_with("arguments"));
    delta.last = last_;
    std::string before, behind;
    Wrap(name, before, behind);
    if (!open.empty()) before.replace(0, 1, open);
    Alone(before, behind + close, delta);
    into_.deltas.push_back(std::move(delta));
  }

  // The same event, but with this one choice and nothing else in it.
  void Alone(const std::string& before, const std::string& behind, Delta& delta) const {
    const EventLeaf* choices = event_.Find("choices");
    delta.alone_before.append(data_.substr(0, choices->begin))
        .append("[{\"index\":")
        .append(index_)
        .append(",\"delta\":")
        .append(before);
    delta.alone_behind.append(behind).append(",\"finish_reason\":null}]").append(data_.substr(choices->end));
  }

  std::string_view data_;
  const EventLeaves& event_;
  EventDeltas& into_;
  std::string index_;
  bool last_ = false;
};

void ReadChat(std::string_view data, const EventLeaves& event, EventDeltas& into) {
  ChatReader reader(data, event, into);
  for (std::size_t i = 0; event.Find("choices." + std::to_string(i)); ++i)
    reader.Choice("choices." + std::to_string(i));
}

}  // namespace

EventDeltas ReadDeltas(std::string_view data) {
  EventDeltas deltas;
  if (data == "[DONE]") {
    deltas.closes_all = true;
    return deltas;
  }
  const EventLeaves event(data);
  if (const EventLeaf* number = event.Find("sequence_number"); number && !number->is_string) {
    deltas.number_begin = number->begin;
    deltas.number_end = number->end;
  }
  const std::string_view type = event.Text("type");
  if (event.Find("choices")) {
    ReadChat(data, event, deltas);
  } else if (type.starts_with("response.")) {
    ReadResponses(event, type, deltas);
  } else if (event.Find("error")) {
    deltas.closes_all = true;
  } else {
    ReadMessages(event, type, deltas);
  }
  return deltas;
}

}  // namespace wayleave::gateway
