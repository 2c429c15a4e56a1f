#include "provider-service/dialect/responses/foreign.h"

#include <algorithm>
#include <array>
#include <simdjson.h>
#include <string>
#include <utility>

#include "provider-service/dialect/hub/door.h"
#include "provider-service/dialect/hub/summary.h"
#include "provider-service/dialect/hub/wording.h"
#include "provider-service/dialect/messages/thinking.h"
#include "provider-service/dialect/responses/seals.h"

namespace wayleave::provider {
namespace {

constexpr std::array kMarks{kReasoningIdPrefix, kThinkingMark, kSummaryMark};

bool Marked(std::string_view json) {
  return std::any_of(kMarks.begin(), kMarks.end(),
                     [&](std::string_view mark) { return json.find(mark) != std::string_view::npos; });
}

// Nothing of ours is in it: it stays as it is.
constexpr std::nullopt_t kUntouched = std::nullopt;
const Json kLeftOut = nullptr;

// What the API itself sealed, told by us under an id of ours: it wants that back without the id, as the seal holds the
// true one.
Json ResealedReasoning(const Json& item) {
  const Json& summary = At(item, "summary");
  return {{"type", "reasoning"},
          {"summary", summary.is_array() ? summary : Json::array()},
          {"encrypted_content", At(item, "encrypted_content")}};
}

std::optional<Json> Reasoning(const Json& item) {
  const std::string& sealed = TextAt(item, "encrypted_content");
  if (sealed.starts_with(kThinkingMark)) return kLeftOut;
  if (!TextAt(item, "id").starts_with(kReasoningIdPrefix)) return kUntouched;
  return SealedByServer(sealed) ? ResealedReasoning(item) : kLeftOut;
}

std::optional<Json> Compaction(const Json& item) {
  const std::string& sealed = TextAt(item, "encrypted_content");
  if (!sealed.starts_with(kSummaryMark)) return kUntouched;
  const auto summary = OpenSummary(sealed);
  if (!summary) return kLeftOut;
  const Json part = {{"type", "input_text"}, {"text", SummaryNote(*summary)}};
  return Json{{"type", "message"}, {"role", "user"}, {"content", Json::array({part})}};
}

// What comes into an item's place; null for nothing.
std::optional<Json> Replacement(std::string_view raw, Dropped& dropped) {
  if (!Marked(raw)) return kUntouched;
  const Result<Json> item = ParsedRequest(raw);
  if (!item) return kUntouched;
  const std::string& type = TextAt(*item, "type");
  std::optional<Json> replacement;
  if (type == "reasoning") replacement = Reasoning(*item);
  if (type == "compaction" || type == "context_compaction") replacement = Compaction(*item);
  if (replacement && replacement->is_null()) dropped.Add("item", *item);
  return replacement;
}

std::string_view Trimmed(std::string_view token) {
  return token.substr(0, token.find_last_not_of(" \t\r\n") + 1);
}

// Empty if it can't be read.
std::string_view RawItem(simdjson::simdjson_result<simdjson::ondemand::value> item) {
  simdjson::ondemand::value value;
  simdjson::ondemand::object object;
  std::string_view raw;
  if (item.get(value)) return {};
  const std::string_view token = Trimmed(value.raw_json_token());
  if (!token.starts_with('{')) return token.starts_with('[') ? std::string_view() : token;
  return value.get_object().get(object) || object.raw_json().get(raw) ? std::string_view() : Trimmed(raw);
}

// The items as they are to be sent; false if they can't be read or are all fine.
bool Rewrite(simdjson::ondemand::array items, std::string& into, Dropped& dropped) {
  bool changed = false;
  for (auto item : items) {
    const std::string_view raw = RawItem(item);
    if (raw.empty()) return false;
    const auto replacement = Replacement(raw, dropped);
    changed = changed || replacement;
    if (replacement && replacement->is_null()) continue;
    if (!into.empty()) into += ',';
    into += replacement ? Dumped(*replacement) : std::string(raw);
  }
  return changed;
}

}  // namespace

std::optional<CleanInput> WithoutForeignItems(std::string_view body) {
  if (!Marked(body)) return std::nullopt;
  const simdjson::padded_string padded(body);
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  simdjson::ondemand::array items;
  if (parser.iterate(padded).get(document) || document["input"].get_array().get(items)) return std::nullopt;
  std::string_view raw;
  std::string rewritten;
  Dropped dropped;
  if (items.raw_json().get(raw) || items.reset().error() || !Rewrite(items, rewritten, dropped)) return std::nullopt;
  raw = Trimmed(raw);
  const std::size_t offset = raw.data() - padded.data();
  return CleanInput{{offset, raw.size(), "[" + rewritten + "]"}, dropped.Take()};
}

}  // namespace wayleave::provider
