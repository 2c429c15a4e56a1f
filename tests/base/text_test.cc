#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

#include "base/text/byte_buffer.h"
#include "base/text/json_line.h"
#include "base/text/plain.h"
#include "base/text/utf8.h"

namespace wayleave::text {
namespace {

TEST(Utf8Test, WellFormedTextIsAccepted) {
  for (const char* text :
       {"", "plain", "ü", "€uro and 漢字 and 𝄞", "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf", "12345678ü2345678"}) {
    EXPECT_TRUE(IsUtf8(text)) << text;
  }
}

TEST(Utf8Test, OverlongSurrogateCutAndStrayBytesAreRefused) {
  for (const char* text : {"\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xf0\x80\x80\x80",
                           "\xf0\x8f\xbf\xbf", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
                           "\xff", "\x80", "abc\xe2\x82", "\xe2\x28\xa1", "12345678\xfe"}) {
    EXPECT_FALSE(IsUtf8(text)) << ::testing::PrintToString(text);
  }
}

TEST(Utf8Test, WhatIsNoPartOfItIsReplacedByteByByte) {
  EXPECT_EQ(MendUtf8("a\xff" "ä\xe2\x82"), "a\xef\xbf\xbd" "ä\xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_EQ(MendUtf8("漢字"), "漢字");
}

TEST(Utf8Test, ACutLeavesNoCharacterInPart) {
  EXPECT_EQ(CutUtf8("aä", 3), "aä");
  EXPECT_EQ(CutUtf8("aä", 2), "a");
  EXPECT_EQ(CutUtf8("漢字", 5), "漢");
  EXPECT_EQ(CutUtf8("漢字", 0), "");
}

// Every byte at every place of texts around the lengths of blocks and their parts.
TEST(RunTest, EndsAtTheFirstByteThatIsNotOfIt) {
  for (std::size_t size = 0; size <= 34; ++size) {
    EXPECT_EQ(AsciiRun(std::string(size, 'x')), size);
    EXPECT_EQ(PlainRun(std::string(size, '~')), size);
    for (std::size_t at = 0; at < size; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text(size, ' ');
        text[at] = static_cast<char>(byte);
        const bool plain = byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
        ASSERT_EQ(AsciiRun(text), byte < 0x80 ? size : at) << byte << " at " << at << " of " << size;
        ASSERT_EQ(PlainRun(text), plain ? size : at) << byte << " at " << at << " of " << size;
      }
    }
  }
}

TEST(RunTest, AByteDoesNotHideTheOneBeforeIt) {
  for (int byte = 0; byte < 256; ++byte) {
    std::string text(16, 'x');
    text[3] = '"';
    text[4] = static_cast<char>(byte);
    ASSERT_EQ(PlainRun(text), 3u) << byte;
  }
}

// With pieces of all sizes, around those at which it grows.
TEST(ByteBufferTest, HoldsWhatWasWritten) {
  ByteBuffer buffer;
  std::string written;
  for (std::size_t size = 0; size < 200; ++size) {
    const std::string piece(size, static_cast<char>('a' + size % 26));
    buffer.Append(piece);
    char* const at = buffer.Room(size + 1);
    std::fill_n(at, size + 1, '-');
    buffer.Wrote(at + 1);
    written += piece + '-';
    ASSERT_EQ(buffer.view(), written);
  }
}

TEST(ByteBufferTest, KeepsItsMemoryWhenItIsClearedAndGivesItAwayWhenItIsMoved) {
  ByteBuffer buffer;
  buffer.Append(std::string(5000, 'x'));
  const std::size_t capacity = buffer.capacity();
  buffer.Clear();
  EXPECT_EQ(buffer.view(), "");
  EXPECT_EQ(buffer.capacity(), capacity);

  buffer.Append("old");
  ByteBuffer other = std::move(buffer);
  EXPECT_EQ(other.view(), "old");
  EXPECT_EQ(buffer.view(), "");
  EXPECT_EQ(buffer.capacity(), 0u);
  buffer.Append("new");
  EXPECT_EQ(buffer.view(), "new");
  other = std::move(buffer);
  EXPECT_EQ(other.view(), "new");
}

using std::chrono::microseconds;

TEST(JsonLineTest, MembersStandInTheirOrder) {
  ByteBuffer buffer;
  JsonLine line(buffer);
  line.Text<"event">("x");
  line.Text<"peer">("127.0.0.1");
  line.Number<"status">(200);
  line.Number<"least">(std::numeric_limits<std::int64_t>::min());
  line.True<"stream">();
  line.Milliseconds<"duration_ms">(microseconds(12345));
  line.Text<"nothing">("");
  EXPECT_EQ(line.End(), R"({"event":"x","peer":"127.0.0.1","status":200,"least":-9223372036854775808,)"
                                    R"("stream":true,"duration_ms":12.345})");
}

TEST(JsonLineTest, TimesHaveThreeDecimalsAndAreNeverNegative) {
  EXPECT_EQ(MillisecondsText(microseconds(0)), "0.000");
  EXPECT_EQ(MillisecondsText(microseconds(9)), "0.009");
  EXPECT_EQ(MillisecondsText(microseconds(1050)), "1.050");
  EXPECT_EQ(MillisecondsText(microseconds(-5)), "0.000");
  EXPECT_EQ(MillisecondsText(std::chrono::nanoseconds(1999)), "0.001");
}

TEST(JsonLineTest, EveryCharacterCanBeReadAgain) {
  for (int byte = 0; byte < 0x80; ++byte) {
    const std::string value = std::string("before") + static_cast<char>(byte) + "behind";
    ByteBuffer buffer;
    JsonLine line(buffer);
    line.Number<"a">(1);
    line.Text<"value">(value);
    const std::string text(line.End());
    EXPECT_EQ(nlohmann::json::parse(text).at("value"), value) << text;
    EXPECT_EQ(text.find_first_of("\n\r\x7f"), text.npos) << "a line stays one, and harms no terminal";
  }
}

// Texts of all sizes around that of the buffer, plain and such that grow while they are written.
TEST(JsonLineTest, LongTextsAreWrittenWhole) {
  for (const char* unit : {"x", "\"", "\x01", "ä", "xxxxxxxxxxxxxxx\n"}) {
    for (std::size_t size = 0; size < 3000; size += 7) {
      std::string value;
      while (value.size() < size) value += unit;
      ByteBuffer buffer;
      JsonLine line(buffer);
      line.Number<"a">(1);
      line.Text<"first">("x");
      line.Text<"value">(value);
      line.Number<"last">(7);
      const auto read = nlohmann::json::parse(line.End());
      ASSERT_EQ(read.value("value", ""), value);
      ASSERT_EQ(read.at("last"), 7);
    }
  }
}

}  // namespace
}  // namespace wayleave::text
