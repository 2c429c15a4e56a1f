#include "gateway/envelope.h"

#include <simdjson.h>

#include <cstring>

namespace wayleave::gateway {
namespace {

namespace ondemand = simdjson::ondemand;

Error Bad(std::string message) { return {Code::kInvalidArgument, std::move(message), "invalid_json", {}}; }

// The length of the JSON string at the beginning of `raw`, quotes included.
std::size_t StringLength(std::string_view raw) {
  std::size_t i = 1;
  while (i < raw.size() && raw[i] != '"') i += raw[i] == '\\' ? 2 : 1;
  return i + 1;
}

void ReadModel(ondemand::value value, const std::string& body, Envelope& envelope) {
  std::string_view raw = value.raw_json_token();
  std::string_view text = value.get_string();
  envelope.model = text;
  envelope.model_offset = static_cast<std::size_t>(raw.data() - body.data());
  envelope.model_length = StringLength(raw);
}

bool IsTrue(ondemand::value value) {
  bool flag = false;
  return value.get_bool().get(flag) == simdjson::SUCCESS && flag;
}

std::int64_t Count(ondemand::value value) {
  std::int64_t n = 0;
  return value.get_int64().get(n) == simdjson::SUCCESS && n > 0 ? n : 0;
}

bool HasEntries(ondemand::value value) {
  ondemand::array array;
  if (value.get_array().get(array) != simdjson::SUCCESS) return false;
  bool empty = true;
  return array.is_empty().get(empty) == simdjson::SUCCESS && !empty;
}

bool AsksForUsage(ondemand::value value) {
  ondemand::object options;
  if (value.get_object().get(options) != simdjson::SUCCESS) return false;
  ondemand::value flag;
  return options.find_field_unordered("include_usage").get(flag) == simdjson::SUCCESS && IsTrue(flag);
}

// Messages' {"type": "enabled" | "adaptive" | "disabled"}.
bool AsksToThink(ondemand::value value) {
  ondemand::object thinking;
  std::string_view type;
  if (value.get_object().get(thinking) != simdjson::SUCCESS) return false;
  return thinking["type"].get_string().get(type) == simdjson::SUCCESS && type != "disabled";
}

void ReadUser(ondemand::value value, Envelope& envelope) {
  ondemand::object metadata;
  std::string_view text;
  if (!envelope.session.empty() || value.get_object().get(metadata) != simdjson::SUCCESS) return;
  if (metadata["user_id"].get_string().get(text) == simdjson::SUCCESS) envelope.session = text;
}

// Whether what stands before `at` is the key "type" and its colon.
bool IsType(std::string_view body, std::size_t at) {
  constexpr std::string_view kSpaces = " \t\r\n";
  const auto colon = body.substr(0, at).find_last_not_of(kSpaces);
  if (colon == std::string_view::npos || body[colon] != ':') return false;
  const auto end = body.substr(0, colon).find_last_not_of(kSpaces);
  return end != std::string_view::npos && body.substr(0, end + 1).ends_with("\"type\"");
}

// Several times as fast as std::string_view::find in long texts. The body's size if there is none.
std::size_t Find(std::string_view body, std::string_view word, std::size_t from) {
  const void* found = memmem(body.data() + from, body.size() - from, word.data(), word.size());
  return found ? static_cast<std::size_t>(static_cast<const char*>(found) - body.data()) : body.size();
}

// Counts the types that the dialects give a part with an image: "input_image", "image_url", "image". Quotes within
// a text are escaped, so no text is taken for one.
int CountImages(std::string_view body) {
  constexpr std::string_view kWord = "image";
  int images = 0;
  for (auto at = Find(body, kWord, 0); at < body.size(); at = Find(body, kWord, at + kWord.size())) {
    const std::string_view before = body.substr(0, at), behind = body.substr(at + kWord.size());
    const std::size_t open = before.ends_with("\"input_") ? at - 7 : before.ends_with('"') ? at - 1 : 0;
    if (open != 0 && (behind.starts_with('"') || behind.starts_with("_url\"")) && IsType(body, open)) ++images;
  }
  return images;
}

// Throws simdjson_error on malformed JSON.
void ReadField(std::string_view key, ondemand::value value, const std::string& body, Envelope& envelope) {
  if (key == "model") {
    ReadModel(value, body, envelope);
  } else if (key == "stream") {
    envelope.stream = IsTrue(value);
  } else if (key == "stream_options") {
    envelope.include_usage = AsksForUsage(value);
  } else if (key == "tools") {
    envelope.has_tools = HasEntries(value);
  } else if (key == "reasoning" || key == "reasoning_effort") {
    envelope.has_reasoning = true;
  } else if (key == "thinking") {
    envelope.has_reasoning = AsksToThink(value);
  } else if (key == "metadata") {
    ReadUser(value, envelope);
  } else if (key == "max_output_tokens" || key == "max_tokens" || key == "max_completion_tokens") {
    envelope.max_output_tokens = Count(value);
  } else if (key == "prompt_cache_key") {
    std::string_view text;
    if (value.get_string().get(text) == simdjson::SUCCESS) envelope.session = text;
  }
}

}  // namespace

Result<Envelope> ReadEnvelope(const std::string& body) {
  thread_local ondemand::parser parser;
  Envelope envelope;
  try {
    ondemand::document document = parser.iterate(body.data(), body.size(), body.capacity());
    ondemand::object object = document.get_object();
    bool seen_model = false;
    for (auto field : object) {
      const std::string_view key = field.unescaped_key();
      if (key == "model" && std::exchange(seen_model, true)) return Bad("The body names \"model\" twice.");
      ReadField(key, field.value(), body, envelope);
    }
    const char* rest = nullptr;
    if (document.current_location().get(rest) == simdjson::SUCCESS)
      return Bad("The body holds more than one JSON value.");
  } catch (const simdjson::simdjson_error& error) {
    return Bad(std::string("The body is not a JSON object that can be read: ") +
               simdjson::error_message(error.error()));
  }
  envelope.images = CountImages(body);
  envelope.has_images = envelope.images > 0;
  return envelope;
}

}  // namespace wayleave::gateway
