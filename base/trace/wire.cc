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

void Append(std::string& out, const char* from, const char* to) { out.append(from, static_cast<std::size_t>(to - from)); }

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

// A KeyValue. Its AnyValue takes so many bytes, which `write` puts where it is told.
template <class Write>
void Pair(std::string& out, int field, std::string_view key, std::size_t any, Write write) {
  const std::size_t pair = SizeOfBytes(key.size()) + SizeOfBytes(any);
  const std::size_t before = out.size();
  out.resize(before + SizeOfBytes(pair));  // at once, since there are dozens in a span
  char* const at = HeadAt(out.data() + before, field, pair);
  write(HeadAt(BytesAt(at, kKey, key), kValue, any));
}

}  // namespace

void Varint(std::string& out, int field, std::uint64_t value) {
  char bytes[kMostHead];
  Append(out, bytes, VarintAt(bytes, field, value));
}

void Fixed64(std::string& out, int field, std::uint64_t value) {
  char bytes[kMostHead];
  Append(out, bytes, FixedAt(bytes, field, kFixed64, value));
}

void Fixed32(std::string& out, int field, std::uint32_t value) {
  char bytes[kMostHead];
  Append(out, bytes, FixedAt(bytes, field, kFixed32, value));
}

void Head(std::string& out, int field, std::size_t bytes) {
  char head[kMostHead];
  Append(out, head, HeadAt(head, field, bytes));
}

void Bytes(std::string& out, int field, std::string_view bytes) {
  Head(out, field, bytes.size());
  out.append(bytes);
}

void Text(std::string& out, int field, std::string_view text) { Bytes(out, field, Clean(text).text()); }

void Attribute(std::string& out, int field, std::string_view key, std::string_view value) {
  const Clean clean(value);
  const std::string_view text = clean.text();
  Pair(out, field, key, SizeOfBytes(text.size()), [=](char* at) { BytesAt(at, kString, text); });
}

void Attribute(std::string& out, int field, std::string_view key, std::int64_t value) {
  const auto number = static_cast<std::uint64_t>(value);
  Pair(out, field, key, 1 + SizeOfRaw(number), [=](char* at) { VarintAt(at, kInt, number); });
}

void Attribute(std::string& out, int field, std::string_view key, double value) {
  Pair(out, field, key, 1 + sizeof value, [=](char* at) { FixedAt(at, kDouble, kFixed64, value); });
}

void Attribute(std::string& out, int field, std::string_view key, bool value) {
  Pair(out, field, key, 2, [=](char* at) { VarintAt(at, kBool, value ? 1 : 0); });
}

void ListAttribute(std::string& out, int field, std::string_view key, std::string_view value) {
  const Clean clean(value);
  const std::string_view text = clean.text();
  const std::size_t one = SizeOfBytes(text.size());
  const std::size_t list = SizeOfBytes(one);
  Pair(out, field, key, SizeOfBytes(list), [=](char* at) {
    BytesAt(HeadAt(HeadAt(at, kArray, list), kValues, one), kString, text);
  });
}

}  // namespace wayleave::trace::wire
