#include "base/text/plain.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace wayleave::text {
namespace {

// Sixteen bytes, as every processor of today compares them at once. In an answer 0 stands for no.
using Block = std::uint8_t __attribute__((vector_size(16)));

template <class T>
T Load(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

bool Any(Block answers) {
  const auto halves = Load<std::array<std::uint64_t, 2>>(reinterpret_cast<const char*>(&answers));
  return (halves[0] | halves[1]) != 0;
}

struct Ascii {
  static bool Has(char c) { return static_cast<std::uint8_t>(c) < 0x80; }
  static Block Lacks(Block bytes) { return bytes & 0x80; }
};

struct Plain {
  static bool Has(char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }
  static Block Lacks(Block bytes) {
    return reinterpret_cast<Block>((bytes - 0x20) >= 0x5f) | reinterpret_cast<Block>(bytes == '"') |
           reinterpret_cast<Block>(bytes == '\\');
  }
};

// The last bytes, of a text that has at least four: some twice if it is no whole block.
Block LastOf(std::string_view text) {
  const char* const end = text.data() + text.size();
  if (text.size() >= sizeof(Block)) return Load<Block>(end - sizeof(Block));
  std::array<std::uint64_t, 2> halves;
  if (text.size() >= 8) {
    halves = {Load<std::uint64_t>(text.data()), Load<std::uint64_t>(end - 8)};
  } else {
    halves.fill(Load<std::uint32_t>(text.data()) | std::uint64_t{Load<std::uint32_t>(end - 4)} << 32);
  }
  return Load<Block>(reinterpret_cast<const char*>(&halves));
}

// By blocks, and one by one in the block where it ends.
template <class Kind>
std::size_t Run(std::string_view text) {
  std::size_t at = 0;
  while (at + sizeof(Block) <= text.size() && !Any(Kind::Lacks(Load<Block>(text.data() + at)))) at += sizeof(Block);
  const bool last = at + sizeof(Block) > text.size();
  if (last && text.size() >= 4 && !Any(Kind::Lacks(LastOf(text)))) return text.size();
  const auto has = [](char c) { return Kind::Has(c); };  // not a pointer, which would be called for each byte
  return static_cast<std::size_t>(std::find_if_not(text.begin() + at, text.end(), has) - text.begin());
}

}  // namespace

std::size_t AsciiRun(std::string_view text) { return Run<Ascii>(text); }

std::size_t PlainRun(std::string_view text) { return Run<Plain>(text); }

}  // namespace wayleave::text
