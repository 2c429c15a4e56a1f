#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace wayleave::auth::audit {

// How what is hashed or signed is put into bytes, so that no two different things have the same ones: numbers are
// eight bytes, most significant first, and what has no fixed length stands behind its length.

inline void AppendNumber(std::string& to, std::int64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) {
    to.push_back(static_cast<char>(static_cast<std::uint64_t>(value) >> shift & 0xff));
  }
}

inline void AppendSized(std::string& to, std::string_view bytes) {
  AppendNumber(to, static_cast<std::int64_t>(bytes.size()));
  to += bytes;
}

}  // namespace wayleave::auth::audit
