#include "base/crypto/id.h"

#include "base/crypto/encoding.h"
#include "base/crypto/random.h"

namespace wayleave::crypto {
namespace {

void PutBigEndian(std::uint8_t* to, std::uint64_t value) {
  for (int i = 7; i >= 0; --i, value >>= 8) to[i] = static_cast<std::uint8_t>(value);
}

}  // namespace

Id NewId(std::chrono::system_clock::time_point now) {
  const auto nanos = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(now.time_since_epoch()).count());
  const std::uint64_t millis = nanos / 1'000'000;
  const std::uint64_t fraction = nanos % 1'000'000 * 4096 / 1'000'000;
  Id id;
  PutBigEndian(id.data(), millis << 16 | 0x7000 | fraction);
  PutBigEndian(id.data() + 8, (RandomWord() >> 2) | std::uint64_t{1} << 63);
  return id;
}

std::string MakeId(std::string_view prefix) {
  const Id id = NewId();
  std::string text(prefix);
  text += Hex({reinterpret_cast<const char*>(id.data()), id.size()});
  return text;
}

}  // namespace wayleave::crypto
