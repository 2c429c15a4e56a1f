#include "provider-service/dialect/ids.h"

#include <random>

namespace wayleave::provider {
namespace {

std::string RandomId(std::string_view prefix) {
  thread_local std::mt19937_64 random{std::random_device{}() + (std::uint64_t{std::random_device{}()} << 32)};
  constexpr char kDigits[] = "0123456789abcdef";
  std::string id(prefix);
  id += '_';
  for (int half = 0; half < 2; ++half) {
    std::uint64_t bits = random();
    for (int i = 0; i < 12; ++i, bits >>= 4) id += kDigits[bits & 15];
  }
  return id;
}

}  // namespace

IdSource RandomIds() { return RandomId; }

}  // namespace wayleave::provider
