#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace wayleave::gateway {

// What was found. A custom pattern's kind is CustomKind() of its place in the policy.
enum class Kind : std::uint8_t { kEmail, kCard, kPhone, kSecret, kFirstCustom };

constexpr Kind CustomKind(std::size_t pattern) {
  return static_cast<Kind>(static_cast<std::size_t>(Kind::kFirstCustom) + pattern);
}

// A stretch of a text.
struct Match {
  std::size_t offset = 0;
  std::size_t length = 0;
  Kind kind = Kind::kSecret;

  std::size_t end() const { return offset + length; }
  bool operator==(const Match&) const = default;
};

using Matches = std::vector<Match>;

}  // namespace wayleave::gateway
