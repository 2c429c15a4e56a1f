#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wayleave::provider {

// Where a client's stream stands that broke off: all that another writer of the same dialect needs to go on with it.
// Encoded it travels to whoever carries the answer on, which may be another process of another version: one that does
// not know the encoding refuses it.
struct StreamState {
  enum class Open : std::uint8_t { kNothing, kText, kReasoning };

  std::uint8_t dialect = 0;  // the client's, as translate.h counts them
  std::string id;            // the answer's
  std::int64_t created_at = 0;
  std::int64_t sequence = 0;  // the next event's number
  std::int64_t index = 0;     // of the open item, or of the next one
  Open open = Open::kNothing;
  std::string item_id;  // the open one's
  std::string sealed;   // of the open reasoning
  std::string items;    // the finished ones, as members of a JSON list
  // All text that the client has; behind `open_from` it is the open item's.
  std::string said;
  std::uint64_t open_from = 0;
  // The text of the open reasoning.
  std::string thought;

  std::string_view OpenText() const { return std::string_view(said).substr(open_from); }
};

std::string Encode(const StreamState& state);
// Nothing for bytes that are no state of this version.
std::optional<StreamState> DecodeStreamState(std::string_view bytes);

}  // namespace wayleave::provider
