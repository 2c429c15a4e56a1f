#include "base/http/content_coding.h"

#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <random>

namespace wayleave::http {
namespace {

using Fault = ContentDecoder::Fault;

constexpr std::size_t kPlenty = std::size_t{64} << 20;

enum class Head { kZlib, kGzip, kRaw };

std::string Deflated(const std::string& text, Head head, int level = 6) {
  z_stream stream{};
  const int bits = head == Head::kGzip ? 15 + 16 : head == Head::kZlib ? 15 : -15;
  EXPECT_EQ(deflateInit2(&stream, level, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

std::string Zstd(const std::string& text, int level = 3, int window_log = 0) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
  if (window_log != 0) ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log);
  ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  std::string out(ZSTD_compressBound(text.size()) + 64, '\0');
  ZSTD_inBuffer in{text.data(), text.size(), 0};
  ZSTD_outBuffer to{out.data(), out.size(), 0};
  // As a stream, which does not know its length: the frame then has a window.
  EXPECT_FALSE(ZSTD_isError(ZSTD_compressStream2(context, &to, &in, ZSTD_e_continue)));
  EXPECT_EQ(ZSTD_compressStream2(context, &to, &in, ZSTD_e_end), 0u);
  ZSTD_freeCCtx(context);
  out.resize(to.pos);
  return out;
}

// Text that can be compressed, but not to nothing.
std::string Sample(std::size_t size) {
  std::mt19937 random(7);
  std::string text;
  while (text.size() < size) text += "{\"n\":" + std::to_string(random() % 100'000) + "},";
  text.resize(size);
  return text;
}

struct Decoded {
  Fault fault = Fault::kNone;
  std::string body;
};

Decoded Decode(Coding coding, const std::vector<std::string_view>& pieces, std::size_t limit = kPlenty) {
  const auto decoder = MakeContentDecoder(coding);
  Decoded result;
  for (std::string_view piece : pieces) {
    while (decoder->Wants(piece)) {
      result.fault = decoder->Step(piece, result.body, limit);
      EXPECT_LE(result.body.size(), limit);
      if (result.fault != Fault::kNone) return result;
    }
  }
  result.fault = decoder->Finish();
  return result;
}

struct CodingCase {
  const char* name;
  Coding coding;
  std::string (*encode)(const std::string&);
};

class ContentDecoderTest : public ::testing::TestWithParam<CodingCase> {
 protected:
  static std::string Encoded(const std::string& text) { return GetParam().encode(text); }
  static Decoded Run(const std::vector<std::string_view>& pieces, std::size_t limit = kPlenty) {
    return Decode(GetParam().coding, pieces, limit);
  }
};

INSTANTIATE_TEST_SUITE_P(
    All, ContentDecoderTest,
    ::testing::Values(
        CodingCase{"Zstd", Coding::kZstd, [](const std::string& text) { return Zstd(text); }},
        CodingCase{"ZstdOfOneCall", Coding::kZstd,
                   [](const std::string& text) {
                     std::string out(ZSTD_compressBound(text.size()), '\0');
                     out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
                     return out;
                   }},
        CodingCase{"Gzip", Coding::kGzip, [](const std::string& text) { return Deflated(text, Head::kGzip); }},
        CodingCase{"GzipStored", Coding::kGzip, [](const std::string& text) { return Deflated(text, Head::kGzip, 0); }},
        CodingCase{"Deflate", Coding::kDeflate, [](const std::string& text) { return Deflated(text, Head::kZlib); }},
        CodingCase{"DeflateWithoutHead", Coding::kDeflate,
                   [](const std::string& text) { return Deflated(text, Head::kRaw); }}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_P(ContentDecoderTest, GivesBackWhatWasCompressed) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{1000}, ContentDecoder::kStepBytes,
                                 ContentDecoder::kStepBytes * 2, std::size_t{5'000'000}}) {
    const std::string text = Sample(size);
    const std::string encoded = Encoded(text);
    const Decoded decoded = Run({encoded});
    EXPECT_EQ(decoded.fault, Fault::kNone) << size;
    EXPECT_TRUE(decoded.body == text) << size;
    EXPECT_GE(decoded.body.capacity(), decoded.body.size() + (size == 0 ? 0 : 64));
  }
}

TEST_P(ContentDecoderTest, IsCutAnywhere) {
  const std::string text = Sample(700);
  const std::string encoded = Encoded(text);
  const std::string_view all = encoded;
  for (std::size_t cut = 0; cut <= all.size(); ++cut) {
    const Decoded decoded = Run({all.substr(0, cut), all.substr(cut)});
    EXPECT_EQ(decoded.fault, Fault::kNone) << cut;
    EXPECT_EQ(decoded.body, text) << cut;
  }
  std::vector<std::string_view> bytes;
  for (std::size_t i = 0; i < all.size(); ++i) bytes.push_back(all.substr(i, 1));
  EXPECT_EQ(Run(bytes).body, text);
}

TEST_P(ContentDecoderTest, NoBeginningOfABodyIsWhole) {
  const std::string encoded = Encoded(Sample(700));
  for (std::size_t length = 0; length < encoded.size(); ++length) {
    EXPECT_EQ(Run({std::string_view(encoded).substr(0, length)}).fault, Fault::kCorrupt) << length;
  }
}

TEST_P(ContentDecoderTest, RubbishBehindTheEndIsCorrupt) {
  const std::string encoded = Encoded("hello");
  for (const std::string& rubbish : {std::string("x"), std::string("rubbish"), std::string(12, '\0')}) {
    EXPECT_EQ(Run({encoded + rubbish}).fault, Fault::kCorrupt);
    EXPECT_EQ(Run({encoded, rubbish}).fault, Fault::kCorrupt);
  }
}

TEST_P(ContentDecoderTest, WhateverBytesComeItNeverFails) {
  std::mt19937 random(11);
  const std::string good = Encoded(Sample(3000));
  for (int i = 0; i < 2000; ++i) {
    std::string bytes = good;
    for (int hit = 0; hit <= i % 4; ++hit) bytes[random() % bytes.size()] = static_cast<char>(random());
    const Decoded decoded = Run({bytes}, 10'000);
    EXPECT_LE(decoded.body.size(), 10'000u);
  }
  EXPECT_EQ(Run({"this is plain text and no more"}).fault, Fault::kCorrupt);
}

TEST_P(ContentDecoderTest, TheLimitIsExact) {
  const std::string text = Sample(200'000);
  const std::string encoded = Encoded(text);

  EXPECT_EQ(Run({encoded}, text.size()).fault, Fault::kNone);
  EXPECT_EQ(Run({encoded}, text.size() - 1).fault, Fault::kTooLarge);
  EXPECT_EQ(Run({encoded}, 0).fault, Fault::kTooLarge);
}

// A thousandfold: what is held stays below the limit, not only what is counted.
TEST_P(ContentDecoderTest, ABombIsDefusedAtTheLimit) {
  const std::string bomb = Encoded(std::string(32 << 20, '\0'));
  constexpr std::size_t kLimit = 1 << 20;

  const Decoded decoded = Run({bomb}, kLimit);

  EXPECT_EQ(decoded.fault, Fault::kTooLarge);
  EXPECT_LE(decoded.body.capacity(), 2 * kLimit);
}

TEST_P(ContentDecoderTest, OneStepIsSmall) {
  const std::string encoded = Encoded(std::string(1 << 20, 'a'));
  const auto decoder = MakeContentDecoder(GetParam().coding);
  std::string body;
  std::string_view rest = encoded;
  int steps = 0;
  for (std::size_t before = 0; decoder->Wants(rest); before = body.size(), ++steps) {
    ASSERT_EQ(decoder->Step(rest, body, kPlenty), Fault::kNone);
    ASSERT_LE(body.size() - before, ContentDecoder::kStepBytes);
  }
  EXPECT_GE(steps, 16);
  EXPECT_EQ(decoder->Finish(), Fault::kNone);
}

TEST(GzipTest, SeveralMembersAreOneBody) {
  const std::string two = Deflated("hello ", Head::kGzip) + Deflated("world", Head::kGzip);
  const std::string_view all = two;
  for (std::size_t cut = 0; cut <= all.size(); ++cut) {
    EXPECT_EQ(Decode(Coding::kGzip, {all.substr(0, cut), all.substr(cut)}).body, "hello world");
  }
  EXPECT_EQ(Decode(Coding::kGzip, {all.substr(0, all.size() - 1)}).fault, Fault::kCorrupt);
}

TEST(DeflateTest, IsOneStreamOnly) {
  const std::string one = Deflated("hello", Head::kZlib);
  EXPECT_EQ(Decode(Coding::kDeflate, {one + one}).fault, Fault::kCorrupt);
}

TEST(ZstdTest, FramesThatFollowEachOtherAreOneBody) {
  const std::string skipped = std::string("\x53\x2a\x4d\x18\x03\0\0\0abc", 11);
  const std::string all = Zstd("hello ") + skipped + Zstd("world");
  for (std::size_t cut = 0; cut <= all.size(); ++cut) {
    const std::string_view view = all;
    const Decoded decoded = Decode(Coding::kZstd, {view.substr(0, cut), view.substr(cut)});
    EXPECT_EQ(decoded.fault, Fault::kNone) << cut;
    EXPECT_EQ(decoded.body, "hello world") << cut;
  }
}

TEST(ZstdTest, AWindowOf8MiBIsTheMost) {
  const std::string text = Sample(100'000);
  EXPECT_EQ(Decode(Coding::kZstd, {Zstd(text, 3, 23)}).body, text);
  EXPECT_EQ(Decode(Coding::kZstd, {Zstd(text, 3, 24)}).fault, Fault::kWindow);
}

TEST(ZstdTest, FramesOfItsOldestVersionsAreRefused) {
  for (const char version : {'\x25', '\x26', '\x27'}) {
    const std::string frame = std::string{version, '\xb5', '\x2f', '\xfd'} + std::string(100, '\0');
    EXPECT_EQ(Decode(Coding::kZstd, {frame}).fault, Fault::kCorrupt);
  }
}

TEST(CodingOfTest, KnowsTheNamesInAnyCase) {
  EXPECT_EQ(CodingOf(""), Coding::kIdentity);
  EXPECT_EQ(CodingOf("identity"), Coding::kIdentity);
  EXPECT_EQ(CodingOf("ZSTD"), Coding::kZstd);
  EXPECT_EQ(CodingOf(" gzip "), Coding::kGzip);
  EXPECT_EQ(CodingOf("x-gzip"), Coding::kGzip);
  EXPECT_EQ(CodingOf("Deflate"), Coding::kDeflate);
  EXPECT_EQ(CodingOf("identity, gzip"), Coding::kGzip);
}

TEST(CodingOfTest, UnknownOnesAndSeveralAreNothing) {
  for (const char* header : {"br", "compress", "gzip, zstd", "gzip,gzip", "gzip;q=1", "zstd2", "utf-8"}) {
    EXPECT_FALSE(CodingOf(header)) << header;
  }
}

}  // namespace
}  // namespace wayleave::http
