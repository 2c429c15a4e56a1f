#include "provider-service/dialect/responses/open_items.h"

#include <algorithm>
#include <array>
#include <utility>

namespace wayleave::provider {

// How a text in an item is told: in events "<event>.delta" and "<event>.done", the latter with the whole as `member`,
// and in a part of the item's `list`, which has events of its own and counts by `counter`.
struct OpenItems::Form {
  std::string_view event;
  const char* member;
  std::string_view part;
  const char* counter;
  const char* part_event;
  const char* list;
  const char* item;
};

const OpenItems::Form* OpenItems::FormOf(std::string_view name) {
  static constexpr char kPart[] = "response.content_part.done";
  static constexpr char kSummaryPart[] = "response.reasoning_summary_part.done";
  static constexpr std::array kForms = {
      Form{"response.output_text", "text", "output_text", "content_index", kPart, "content", "message"},
      Form{"response.refusal", "refusal", "refusal", "content_index", kPart, "content", "message"},
      Form{"response.reasoning_text", "text", "reasoning_text", "content_index", kPart, "content", "reasoning"},
      Form{"response.reasoning_summary_text", "text", "summary_text", "summary_index", kSummaryPart, "summary",
           "reasoning"},
  };
  const auto* found = std::find_if(kForms.begin(), kForms.end(),
                                   [name](const Form& form) { return form.event == name || form.part == name; });
  return found == kForms.end() ? nullptr : found;
}

namespace {

bool IsCall(const Json& item) { return TextAt(item, "type").ends_with("_call"); }

Json PartJson(std::string_view type, const char* member, const Json& text) {
  Json part = {{"type", type}, {member, text}};
  if (type == "output_text") part["annotations"] = Json::array();
  return part;
}

Json TextOfEscaped(const std::string& escaped) {
  Json text = Json::parse('"' + escaped + '"', nullptr, false);
  return text.is_string() ? text : Json("");
}

void Tell(Json event, std::int64_t& sequence, Output& out) {
  event["sequence_number"] = sequence++;
  out.bytes.append("event: ").append(TextAt(event, "type")).append("\ndata: ").append(Dumped(event)).append("\n\n");
  ++out.events;
}

}  // namespace

void OpenItems::Take(const Glance& glance, std::string_view data) {
  const std::string_view type = glance.type;
  if (type == "response.output_item.added") {
    items_.push_back({glance.output_index, std::string(glance.id), std::string(data), {}});
  } else if (type == "response.output_item.done") {
    std::erase_if(items_, [&](const Item& item) { return item.index == glance.output_index; });
  } else if (type.ends_with("_part.added")) {
    const Json event = Json::parse(data, nullptr, false);
    const Form* form = FormOf(TextAt(At(event, "part"), "type"));
    if (form) PartOf(ItemOf(glance), *form, glance);
  } else if (const auto dot = type.rfind('.'); dot != std::string_view::npos) {
    const Form* form = FormOf(type.substr(0, dot));
    if (!form) return;
    Part& part = PartOf(ItemOf(glance), *form, glance);
    part.escaped += glance.delta;
    part.done = type.ends_with(".done");
  }
}

OpenItems::Item& OpenItems::ItemOf(const Glance& glance) {
  const auto item =
      std::find_if(items_.begin(), items_.end(), [&](const Item& one) { return one.index == glance.output_index; });
  if (item != items_.end()) return *item;
  return items_.emplace_back(Item{glance.output_index, std::string(glance.item_id), {}, {}});
}

OpenItems::Part& OpenItems::PartOf(Item& item, const Form& form, const Glance& glance) {
  const auto part = std::find_if(item.parts.begin(), item.parts.end(),
                                 [&](const Part& one) { return one.form == &form && one.index == glance.part_index; });
  if (part != item.parts.end()) return *part;
  return item.parts.emplace_back(Part{&form, glance.part_index, {}, false});
}

std::vector<Json> OpenItems::Close(std::int64_t& sequence, Output& out) const {
  std::vector<Json> closed;
  for (const Item& item : items_) {
    Json whole = Whole(item);
    if (IsCall(whole)) continue;
    for (const Part& part : item.parts) {
      if (!part.done) ClosePart(item, part, sequence, out);
    }
    Tell({{"type", "response.output_item.done"}, {"output_index", item.index}, {"item", whole}}, sequence, out);
    closed.push_back(std::move(whole));
  }
  return closed;
}

void OpenItems::ClosePart(const Item& item, const Part& part, std::int64_t& sequence, Output& out) {
  const Form& form = *part.form;
  const Json text = TextOfEscaped(part.escaped);
  Json event = {{"type", std::string(form.event) + ".done"},
                {"item_id", item.id},
                {"output_index", item.index},
                {form.counter, part.index}};
  Json end = event;
  event[form.member] = text;
  Tell(std::move(event), sequence, out);
  end["type"] = form.part_event;
  end["part"] = PartJson(form.part, form.member, text);
  Tell(std::move(end), sequence, out);
}

// What its provider would want back with half a thought proves nothing yet.
Json OpenItems::Whole(const Item& item) {
  Json event = Json::parse(item.announced, nullptr, false);
  Json whole = At(event, "item").is_object() ? std::move(event["item"]) : Json::object();
  whole["id"] = item.id;
  if (TextAt(whole, "type").empty() && !item.parts.empty()) whole["type"] = item.parts.front().form->item;
  if (TextAt(whole, "type") == "message") whole["role"] = "assistant";
  whole.erase("encrypted_content");
  whole["status"] = "incomplete";
  for (const Part& part : item.parts) whole[part.form->list] = Json::array();
  for (const Part& part : item.parts) {
    whole[part.form->list].push_back(PartJson(part.form->part, part.form->member, TextOfEscaped(part.escaped)));
  }
  return whole;
}

}  // namespace wayleave::provider
