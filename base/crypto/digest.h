#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace wayleave::crypto {

using Digest = std::array<std::uint8_t, 32>;

// SHA-256. Any thread. The algorithm is looked up once for the process, the context made once for each thread.
Digest Sha256(std::string_view message);

// HMAC-SHA256 under one key. Immutable, so any thread may use it; wipes the key when destroyed.
class HmacSha256 {
 public:
  explicit HmacSha256(std::string_view key);
  ~HmacSha256();
  HmacSha256(const HmacSha256&) = default;
  HmacSha256& operator=(const HmacSha256&) = default;

  Digest Of(std::string_view message) const;

 private:
  static constexpr std::size_t kBlock = 64;
  std::array<std::uint8_t, kBlock> inner_;
  std::array<std::uint8_t, kBlock> outer_;
};

// Takes as long for a first byte that differs as for a last one. Only the lengths may be learnt from it.
bool ConstantTimeEqual(std::string_view a, std::string_view b);

inline std::string_view AsView(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace wayleave::crypto
