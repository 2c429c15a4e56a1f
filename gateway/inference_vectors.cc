#include "gateway/inference_vectors.h"

#include <simdjson.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <vector>

#include "base/crypto/encoding.h"

namespace wayleave::gateway {
namespace {

using inference::v1::Embedding;
using inference::v1::EmbedResponse;
using simdjson::dom::array;
using simdjson::dom::element;

static_assert(std::endian::native == std::endian::little, "the vectors' bytes are taken as they come");

Error Bad(const char* problem) {
  return {Code::kUnavailable,
          std::string("The provider's embeddings can't be used: ") + problem + ".",
          "upstream_bad_response",
          {}};
}

bool ReadNumbers(const array& numbers, Embedding& to) {
  to.mutable_values()->Reserve(static_cast<int>(numbers.size()));
  for (const element number : numbers) {
    double value = 0;
    if (number.get_double().get(value) != simdjson::SUCCESS) return false;
    to.add_values(static_cast<float>(value));
  }
  return true;
}

bool ReadBytes(std::string_view text, Embedding& to) {
  const auto bytes = crypto::FromBase64(text);
  if (!bytes || bytes->size() % sizeof(float) != 0) return false;
  to.mutable_values()->Resize(static_cast<int>(bytes->size() / sizeof(float)), 0);
  std::memcpy(to.mutable_values()->mutable_data(), bytes->data(), bytes->size());
  return true;
}

bool ReadVector(const element& entry, Embedding& to) {
  array numbers;
  std::string_view text;
  if (entry["embedding"].get_array().get(numbers) == simdjson::SUCCESS) return ReadNumbers(numbers, to);
  return entry["embedding"].get_string().get(text) == simdjson::SUCCESS && ReadBytes(text, to);
}

// Where the entry belongs; some servers don't number them.
std::int64_t PlaceOf(const element& entry, std::int64_t otherwise) {
  std::int64_t index = 0;
  return entry["index"].get_int64().get(index) == simdjson::SUCCESS ? index : otherwise;
}

}  // namespace

Result<EmbedResponse> ReadVectors(const std::string& document, int count) {
  simdjson::dom::parser parser;
  element root;
  array data;
  if (parser.parse(document).get(root) != simdjson::SUCCESS || root["data"].get_array().get(data) != simdjson::SUCCESS)
    return Bad("they are no JSON with a list `data`");
  EmbedResponse response;
  for (int i = 0; i < count; ++i) response.add_embeddings();
  std::int64_t read = 0;
  for (const element entry : data) {
    const std::int64_t place = PlaceOf(entry, read++);
    if (place < 0 || place >= count) return Bad("there are more than there are texts");
    Embedding& to = *response.mutable_embeddings(static_cast<int>(place));
    if (!to.values().empty() || !ReadVector(entry, to)) return Bad("one of them is no vector");
  }
  for (const Embedding& embedding : response.embeddings()) {
    if (embedding.values().empty()) return Bad("one is missing");
  }
  return response;
}

}  // namespace wayleave::gateway
