#include "gateway/redaction/restore.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "gateway/redaction/restore_text.h"

namespace wayleave::gateway {
namespace {

struct Edit {
  std::size_t begin, end;
  std::string text;
};

std::string Apply(std::string_view data, std::vector<Edit> edits) {
  std::sort(edits.begin(), edits.end(), [](const Edit& a, const Edit& b) { return a.begin < b.begin; });
  std::string out;
  std::size_t at = 0;
  for (const Edit& edit : edits) {
    out.append(data, at, edit.begin - at).append(edit.text);
    at = edit.end;
  }
  return out.append(data.substr(at));
}

bool IsWithin(std::string_view part, std::string_view whole) {
  return std::less_equal<>()(whole.data(), part.data()) &&
         std::less_equal<>()(part.data() + part.size(), whole.data() + whole.size());
}

bool HasNumber(const EventDeltas& deltas) { return deltas.number_end > deltas.number_begin; }

std::size_t NumberOf(const EventDeltas& deltas, std::string_view data) {
  std::size_t number = 0;
  std::from_chars(data.data() + deltas.number_begin, data.data() + deltas.number_end, number);
  return number;
}

template <class List, class Condition>
bool Any(const List& list, Condition condition) {
  return std::any_of(list.begin(), list.end(), condition);
}

}  // namespace

// The parser would take a byte order mark off the first bytes that it is given, but not every byte is given to it: so
// it gets its beginning here.
Restorer::Restorer(const Placeholders& placeholders) : placeholders_(placeholders) {
  parser_.Feed(":\n\n");
  while (parser_.Next()) {
  }
}

std::string Restorer::Document(std::string_view json) const {
  if (placeholders_.empty() || !MayHoldPlaceholder(json)) return std::string(json);
  return RestoreJson(json, placeholders_);
}

std::string Restorer::Feed(std::string_view events) {
  const bool quiet = waiting_ == 0 && held_.empty() && inserted_ == 0;
  const bool whole = events.ends_with("\n\n") || events.ends_with("\r\n\r\n");
  if (placeholders_.empty() || (quiet && whole && !MayHoldPlaceholder(events))) return std::string(events);
  std::string out;
  waiting_ += events.size();
  parser_.Feed(events);
  while (const auto block = parser_.Next()) {
    waiting_ -= std::min(waiting_, block->raw.size());
    Take(*block, out);
  }
  return out;
}

std::string Restorer::End() {
  std::string out;
  if (const auto rest = parser_.Rest()) Take(*rest, out);
  for (const auto& [channel, held] : held_) Tell(held, out);
  held_.clear();
  waiting_ = 0;
  return out;
}

void Restorer::Take(const http::SseBlock& block, std::string& out) {
  const bool quiet = held_.empty() && inserted_ == 0;
  if (!block.has_data || (quiet && !MayHoldPlaceholder(block.raw))) {
    out += block.raw;
  } else if (IsWithin(block.data, block.raw)) {
    const auto at = static_cast<std::size_t>(block.data.data() - block.raw.data());
    Take(Event{block.raw.substr(0, at), block.data, block.raw.substr(at + block.data.size())}, out);
  } else {
    // Line ends between the tokens of JSON are blanks like others.
    std::string data(block.data);
    std::replace(data.begin(), data.end(), '\n', ' ');
    const std::string before = block.event.empty() ? "data: " : "event: " + std::string(block.event) + "\ndata: ";
    Take(Event{before, data, "\n\n"}, out);
  }
}

void Restorer::Take(const Event& event, std::string& out) {
  const EventDeltas deltas = ReadDeltas(event.data);
  if (HasNumber(deltas)) number_ = NumberOf(deltas, event.data);
  Close(deltas, out);
  out.append(event.before).append(Rewrite(deltas, event)).append(event.behind);
  if (HasNumber(deltas)) ++number_;
}

std::string Restorer::Rewrite(const EventDeltas& deltas, const Event& event) {
  std::vector<Edit> edits;
  for (const Delta& delta : deltas.deltas) edits.push_back({delta.begin, delta.end, Piece(delta, event)});
  if (HasNumber(deltas) && inserted_ > 0) edits.push_back({deltas.number_begin, deltas.number_end, Number(number_)});
  const std::string data = Apply(event.data, std::move(edits));
  return deltas.deltas.empty() ? RestoreJson(data, placeholders_) : data;
}

// The piece with the values in it, and with what was held back of the ones before; its own end may be held back.
std::string Restorer::Piece(const Delta& delta, const Event& event) {
  std::string text;
  const auto held = held_.find(delta.channel);
  if (held != held_.end()) {
    text = std::move(held->second.text);
    held_.erase(held);
  }
  text += event.data.substr(delta.begin, delta.end - delta.begin);
  const std::size_t unsure = delta.last ? 0 : UnsureEnd(text, placeholders_);
  const std::string_view sure = std::string_view(text).substr(0, text.size() - unsure);
  if (unsure > 0) Hold(delta, event, std::string_view(text).substr(sure.size()));
  std::string out;
  AppendRestored(sure, delta.holds_json, placeholders_, out);
  return out;
}

void Restorer::Hold(const Delta& delta, const Event& event, std::string_view text) {
  const bool alone = !delta.alone_before.empty();
  held_[delta.channel] = {std::string(text),
                          delta.owner,
                          std::string(event.before),
                          alone ? delta.alone_before : std::string(event.data.substr(0, delta.begin)),
                          alone ? delta.alone_behind : std::string(event.data.substr(delta.end)),
                          std::string(event.behind)};
}

void Restorer::Close(const EventDeltas& deltas, std::string& out) {
  for (auto held = held_.begin(); held != held_.end();) {
    const bool closed =
        deltas.closes_all || Any(deltas.closes, [&](const auto& owner) { return owner == held->second.owner; });
    const bool goes_on = Any(deltas.deltas, [&](const Delta& delta) { return delta.channel == held->first; });
    if (closed && !goes_on) Tell(held->second, out);
    held = closed && !goes_on ? held_.erase(held) : std::next(held);
  }
}

void Restorer::Tell(const Held& held, std::string& out) {
  std::string data = held.data_before + held.text + held.data_behind;
  const EventDeltas deltas = ReadDeltas(data);
  if (HasNumber(deltas)) {
    data.replace(deltas.number_begin, deltas.number_end - deltas.number_begin, Number(number_));
    ++inserted_;
  }
  out.append(held.before).append(data).append(held.behind);
}

}  // namespace wayleave::gateway
