#pragma once

#include <cstdint>
#include <string_view>

namespace wayleave::router {

// The same number in every process and release: canaries and replicas of the router must agree. Spread over all bits,
// so that shares of its range are shares of what is hashed. No protection against people who choose the text.
inline std::uint64_t Spread(std::uint64_t hash) {  // the finalizer of SplitMix64
  hash = (hash ^ hash >> 30) * 0xbf58476d1ce4e5b9;
  hash = (hash ^ hash >> 27) * 0x94d049bb133111eb;
  return hash ^ hash >> 31;
}

inline std::uint64_t Hash(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (const unsigned char c : text) hash = (hash ^ c) * 0x100000001b3;
  return Spread(hash);
}

}  // namespace wayleave::router
