#include "base/trace/wire.h"

#include <bit>

#include "base/trace/utf8.h"

namespace wayleave::trace::wire {
namespace {

constexpr std::size_t kMostText = 1024;

enum Type : std::uint64_t { kVarint = 0, kFixed64 = 1, kLength = 2, kFixed32 = 5 };

// KeyValue and AnyValue.
constexpr int kKey = 1;
constexpr int kValue = 2;
constexpr int kString = 1;
constexpr int kBool = 2;
constexpr int kInt = 3;
constexpr int kDouble = 4;
constexpr int kArray = 5;
constexpr int kValues = 1;

void Raw(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

void Tag(std::string& out, int field, Type type) { Raw(out, static_cast<std::uint64_t>(field) << 3 | type); }

template <class Number>
void LittleEndian(std::string& out, Number value) {
  for (std::size_t i = 0; i < sizeof value; ++i, value >>= 8) out.push_back(static_cast<char>(value & 0xff));
}

void KeyValue(std::string& out, int field, std::string_view key, const std::string& any) {
  std::string pair;
  pair.reserve(key.size() + any.size() + 8);
  Bytes(pair, kKey, key);
  Bytes(pair, kValue, any);
  Bytes(out, field, pair);
}

}  // namespace

void Varint(std::string& out, int field, std::uint64_t value) {
  Tag(out, field, kVarint);
  Raw(out, value);
}

void Fixed64(std::string& out, int field, std::uint64_t value) {
  Tag(out, field, kFixed64);
  LittleEndian(out, value);
}

void Fixed32(std::string& out, int field, std::uint32_t value) {
  Tag(out, field, kFixed32);
  LittleEndian(out, value);
}

void Bytes(std::string& out, int field, std::string_view bytes) {
  Tag(out, field, kLength);
  Raw(out, bytes.size());
  out.append(bytes);
}

void Text(std::string& out, int field, std::string_view text) {
  const std::string_view cut = CutUtf8(text, kMostText);
  IsUtf8(cut) ? Bytes(out, field, cut) : Bytes(out, field, MendUtf8(cut));
}

void Attribute(std::string& out, int field, std::string_view key, std::string_view value) {
  std::string any;
  Text(any, kString, value);
  KeyValue(out, field, key, any);
}

void Attribute(std::string& out, int field, std::string_view key, std::int64_t value) {
  std::string any;
  Varint(any, kInt, static_cast<std::uint64_t>(value));
  KeyValue(out, field, key, any);
}

void Attribute(std::string& out, int field, std::string_view key, double value) {
  std::string any;
  Fixed64(any, kDouble, std::bit_cast<std::uint64_t>(value));
  KeyValue(out, field, key, any);
}

void Attribute(std::string& out, int field, std::string_view key, bool value) {
  std::string any;
  Varint(any, kBool, value ? 1 : 0);
  KeyValue(out, field, key, any);
}

void ListAttribute(std::string& out, int field, std::string_view key, std::string_view value) {
  std::string one;
  Text(one, kString, value);
  std::string list;
  Bytes(list, kValues, one);
  std::string any;
  Bytes(any, kArray, list);
  KeyValue(out, field, key, any);
}

}  // namespace wayleave::trace::wire
