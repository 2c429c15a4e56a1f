#include "provider-service/dialect/responses/streamed_items.h"

#include <algorithm>

namespace wayleave::provider {

StreamedItem* StreamedItems::WithId(Kind kind, std::string_view id) {
  if (id.empty()) return nullptr;
  const auto known = std::find_if(items_.begin(), items_.end(),
                                  [&](const StreamedItem& item) { return item.kind == kind && item.id == id; });
  return known == items_.end() ? nullptr : &*known;
}

StreamedItem& StreamedItems::Begin(Kind kind, std::string_view id) {
  if (StreamedItem* known = WithId(kind, id)) return *known;
  StreamedItem& item = items_.emplace_back();
  item.kind = kind;
  item.id = id;
  return item;
}

StreamedItem& StreamedItems::Find(Kind kind, std::string_view id) {
  if (StreamedItem* known = WithId(kind, id)) return *known;
  const auto open = std::find_if(items_.rbegin(), items_.rend(),
                                 [&](const StreamedItem& item) { return item.kind == kind && !item.done; });
  return open == items_.rend() ? Begin(kind, id) : *open;
}

bool StreamedItems::HasCalls() const {
  return std::any_of(items_.begin(), items_.end(), [](const auto& item) { return item.kind == Kind::kCall; });
}

std::string StreamedItems::Told(Kind kind) const {
  std::string told;
  for (const StreamedItem& item : items_) {
    if (item.kind == kind) told += item.text;
  }
  return told;
}

std::vector<StreamedItem*> StreamedItems::Of(Kind kind) {
  std::vector<StreamedItem*> items;
  for (StreamedItem& item : items_) {
    if (item.kind == kind) items.push_back(&item);
  }
  return items;
}

std::vector<BufferedCall> StreamedItems::Calls() const {
  std::vector<BufferedCall> calls;
  for (const StreamedItem& item : items_) {
    if (item.kind == Kind::kCall) calls.push_back({std::nullopt, item.call_id, item.name, item.text, false});
  }
  return calls;
}

}  // namespace wayleave::provider
