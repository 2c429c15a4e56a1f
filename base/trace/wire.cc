#include "base/trace/wire.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/text/utf8.h"

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

// The longest tag and the longest number.
constexpr std::size_t kMostHead = 2 * 10;

char* Raw(char* at, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) *at++ = static_cast<char>(value | 0x80);
  *at++ = static_cast<char>(value);
  return at;
}

char* Tag(char* at, int field, Type type) { return Raw(at, static_cast<std::uint64_t>(field) << 3 | type); }

char* HeadAt(char* at, int field, std::size_t bytes) { return Raw(Tag(at, field, kLength), bytes); }

char* BytesAt(char* at, int field, std::string_view bytes) {
  return std::copy(bytes.begin(), bytes.end(), HeadAt(at, field, bytes.size()));
}

char* VarintAt(char* at, int field, std::uint64_t value) { return Raw(Tag(at, field, kVarint), value); }

template <class Number>
char* FixedAt(char* at, int field, Type type, Number value) {
  static_assert(std::endian::native == std::endian::little);
  at = Tag(at, field, type);
  std::memcpy(at, &value, sizeof value);
  return at + sizeof value;
}

// How many bytes they take; fields of attributes have numbers below 16, so that a tag is one.
constexpr std::size_t SizeOfRaw(std::uint64_t value) { return (std::size_t(std::bit_width(value | 1)) + 6) / 7; }
constexpr std::size_t SizeOfBytes(std::size_t bytes) { return 1 + SizeOfRaw(bytes) + bytes; }

// What a text may become in a message.
class Clean {
 public:
  explicit Clean(std::string_view text) : text_(text::CutUtf8(text, kMostText)) {
    if (!text::IsUtf8(text_)) text_ = mended_ = text::MendUtf8(text_);
  }
  Clean(const Clean&) = delete;
  std::string_view text() const { return text_; }

 private:
  std::string mended_;
  std::string_view text_;
};

// A KeyValue, whose AnyValue is `any` and, behind it, `text`. One place for all kinds, for it is small only so, and what
// few requests run is in no cache when they do.
void Pair(ByteBuffer& out, int field, std::string_view key, std::string_view any, std::string_view text = {}) {
  const std::size_t value = any.size() + text.size();
  const std::size_t pair = SizeOfBytes(key.size()) + SizeOfBytes(value);
  char* at = HeadAt(out.Room(kMostHead + pair), field, pair);
  at = HeadAt(BytesAt(at, kKey, key), kValue, value);
  at = std::copy(any.begin(), any.end(), at);
  out.Wrote(std::copy(text.begin(), text.end(), at));
}

}  // namespace

void Varint(ByteBuffer& out, int field, std::uint64_t value) { out.Wrote(VarintAt(out.Room(kMostHead), field, value)); }

void Fixed64(ByteBuffer& out, int field, std::uint64_t value) {
  out.Wrote(FixedAt(out.Room(kMostHead), field, kFixed64, value));
}

void Fixed32(ByteBuffer& out, int field, std::uint32_t value) {
  out.Wrote(FixedAt(out.Room(kMostHead), field, kFixed32, value));
}

void Head(ByteBuffer& out, int field, std::size_t bytes) { out.Wrote(HeadAt(out.Room(kMostHead), field, bytes)); }

void Bytes(ByteBuffer& out, int field, std::string_view bytes) {
  out.Wrote(BytesAt(out.Room(kMostHead + bytes.size()), field, bytes));
}

void Text(ByteBuffer& out, int field, std::string_view text) { Bytes(out, field, Clean(text).text()); }

void Attribute(ByteBuffer& out, int field, std::string_view key, std::string_view value) {
  const Clean clean(value);
  char any[kMostHead];
  Pair(out, field, key, {any, HeadAt(any, kString, clean.text().size())}, clean.text());
}

void Attribute(ByteBuffer& out, int field, std::string_view key, std::int64_t value) {
  char any[kMostHead];
  Pair(out, field, key, {any, VarintAt(any, kInt, static_cast<std::uint64_t>(value))});
}

void Attribute(ByteBuffer& out, int field, std::string_view key, double value) {
  char any[kMostHead];
  Pair(out, field, key, {any, FixedAt(any, kDouble, kFixed64, value)});
}

void Attribute(ByteBuffer& out, int field, std::string_view key, bool value) {
  char any[kMostHead];
  Pair(out, field, key, {any, VarintAt(any, kBool, value ? 1 : 0)});
}

void ListAttribute(ByteBuffer& out, int field, std::string_view key, std::string_view value) {
  const Clean clean(value);
  const std::size_t text = clean.text().size();
  const std::size_t list = SizeOfBytes(SizeOfBytes(text));
  char any[3 * kMostHead];
  char* const end = HeadAt(HeadAt(HeadAt(any, kArray, list), kValues, SizeOfBytes(text)), kString, text);
  Pair(out, field, key, {any, end}, clean.text());
}

}  // namespace wayleave::trace::wire
