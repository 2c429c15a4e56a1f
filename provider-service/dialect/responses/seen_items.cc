#include "provider-service/dialect/responses/seen_items.h"

#include <algorithm>
#include <utility>

namespace wayleave::provider {
namespace {

// No model says so much; a broken server may, and then goes without these repairs.
constexpr std::size_t kMostHeld = std::size_t{64} << 20;

Json MessageOf(const std::string& id, const std::string& escaped, bool cut) {
  const Json text = Json::parse('"' + escaped + '"', nullptr, false);
  if (!text.is_string()) return nullptr;
  const Json part = {{"type", "output_text"}, {"text", text}, {"annotations", Json::array()}};
  Json item = {{"type", "message"},
               {"status", cut ? "incomplete" : "completed"},
               {"role", "assistant"},
               {"content", Json::array({part})}};
  if (!id.empty()) item["id"] = id;
  return item;
}

bool IsCall(const Json& item) { return TextAt(item, "type").ends_with("_call"); }

bool IsWorthTelling(const Json& item) {
  const std::string& type = TextAt(item, "type");
  return type == "message" ? At(item, "content").is_array() : !type.empty();
}

}  // namespace

void SeenItems::Take(const Glance& glance, std::string_view data) {
  if (held_ > kMostHeld) return;
  if (glance.type == "response.output_text.delta") return Said(glance);
  if (glance.type != "response.output_item.done") return;
  if (glance.message) MessageDone(glance.id);
  done_.emplace_back(data);
  Held(data.size());
}

void SeenItems::Said(const Glance& glance) {
  if (glance.delta.empty()) return;
  if (texts_.empty() || texts_.back().item_id != glance.item_id) texts_.push_back({std::string(glance.item_id), {}});
  texts_.back().escaped += glance.delta;
  Held(glance.delta.size());
}

// Servers don't agree on ids: one that nobody knows is that of the last message.
void SeenItems::MessageDone(std::string_view id) {
  if (texts_.empty()) return;
  const auto is_it = [&](const OpenText& text) { return text.item_id == id; };
  if (std::erase_if(texts_, is_it) == 0) texts_.pop_back();
}

// Too much: nothing is known, and nothing missed.
void SeenItems::Held(std::size_t bytes) {
  held_ += bytes;
  if (held_ <= kMostHeld) return;
  texts_.clear();
  done_.clear();
}

std::vector<Json> SeenItems::Missing(const Json& output, bool cut) const {
  std::vector<Json> items;
  if (held_ > kMostHeld) return items;
  if (done_.empty() && output.is_array()) {
    std::copy_if(output.begin(), output.end(), std::back_inserter(items),
                 [&](const Json& item) { return IsWorthTelling(item) && !(cut && IsCall(item)); });
  }
  if (!items.empty()) return items;
  for (const OpenText& text : texts_) {
    if (Json item = MessageOf(text.item_id, text.escaped, cut); item.is_object()) items.push_back(std::move(item));
  }
  return items;
}

Json SeenItems::Done() const {
  Json items = Json::array();
  for (const std::string& data : done_) {
    if (Json event = Json::parse(data, nullptr, false); At(event, "item").is_object()) items.push_back(event["item"]);
  }
  return items;
}

}  // namespace wayleave::provider
