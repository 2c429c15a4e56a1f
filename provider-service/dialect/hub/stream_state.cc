#include "provider-service/dialect/hub/stream_state.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

namespace wayleave::provider {
namespace {

// The first byte; another one with each change of what follows.
constexpr char kVersion = 1;

void PutNumber(std::string& out, std::uint64_t number) {
  while (number >= 0x80) {
    out += static_cast<char>(number | 0x80);
    number >>= 7;
  }
  out += static_cast<char>(number);
}

void PutText(std::string& out, std::string_view text) {
  PutNumber(out, text.size());
  out += text;
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  std::uint64_t Number() {
    std::uint64_t number = 0;
    for (int shift = 0; shift < 63; shift += 7) {
      const auto byte = static_cast<unsigned char>(Byte());
      number |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return number;
    }
    good_ = false;
    return 0;
  }

  std::string Text() {
    const std::uint64_t size = Number();
    if (size > rest_.size()) good_ = false;
    if (!good_) return {};
    std::string text(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return text;
  }

  char Byte() {
    if (rest_.empty()) good_ = false;
    if (!good_) return 0;
    const char byte = rest_.front();
    rest_.remove_prefix(1);
    return byte;
  }

  bool AllRead() const { return good_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

// Ids go into events as they are.
bool IsId(std::string_view id) {
  return std::all_of(id.begin(), id.end(), [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '-'; });
}

bool IsSound(const StreamState& state) {
  return IsId(state.id) && IsId(state.item_id) && state.open_from <= state.said.size() &&
         nlohmann::json::accept("[" + state.items + "]") && state.open <= StreamState::Open::kReasoning;
}

}  // namespace

std::string Encode(const StreamState& state) {
  std::string out(1, kVersion);
  out += static_cast<char>(state.dialect);
  out += static_cast<char>(state.open);
  for (const std::int64_t number : {state.created_at, state.sequence, state.index}) {
    PutNumber(out, static_cast<std::uint64_t>(std::max<std::int64_t>(number, 0)));
  }
  PutNumber(out, state.open_from);
  for (const std::string* text :
       {&state.id, &state.item_id, &state.sealed, &state.items, &state.said, &state.thought}) {
    PutText(out, *text);
  }
  return out;
}

std::optional<StreamState> DecodeStreamState(std::string_view bytes) {
  Reader reader(bytes);
  if (reader.Byte() != kVersion) return std::nullopt;
  StreamState state;
  state.dialect = static_cast<std::uint8_t>(reader.Byte());
  state.open = static_cast<StreamState::Open>(reader.Byte());
  for (std::int64_t* number : {&state.created_at, &state.sequence, &state.index}) {
    *number = static_cast<std::int64_t>(reader.Number());
  }
  state.open_from = reader.Number();
  for (std::string* text : {&state.id, &state.item_id, &state.sealed, &state.items, &state.said, &state.thought}) {
    *text = reader.Text();
  }
  if (!reader.AllRead() || !IsSound(state)) return std::nullopt;
  return state;
}

}  // namespace wayleave::provider
