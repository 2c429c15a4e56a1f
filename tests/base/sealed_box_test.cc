#include "base/crypto/sealed_box.h"

#include <gmock/gmock.h>

#include "base/crypto/encoding.h"

namespace wayleave::crypto {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string FromHex(std::string_view digits) {
  std::string bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

// Points of order 1, 2, 4 and 8, and spellings beyond the field's prime of those.
const char* const kLowOrder[] = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

class SealedBox : public testing::Test {
 protected:
  const BoxKeys keys_ = MakeBoxKeys();
  const std::string box_ = CloseBox(keys_.public_key, "what was said", "res_1").value();
};

TEST_F(SealedBox, OpensForItsReader) {
  for (const std::string& text : {std::string(), std::string("x"), std::string(1 << 20, '\0')}) {
    const Result<std::string> box = CloseBox(keys_.public_key, text, "res_1");
    ASSERT_TRUE(box.ok());
    EXPECT_EQ(box->size(), text.size() + kBoxOverhead);
    EXPECT_EQ(OpenBox(keys_.private_key, *box, "res_1"), text);
  }
}

TEST_F(SealedBox, IsAnotherEachTimeAndShowsNothing) {
  EXPECT_NE(box_, CloseBox(keys_.public_key, "what was said", "res_1").value());
  EXPECT_THAT(box_, Not(HasSubstr("said")));
  EXPECT_THAT(box_, StartsWith("wlb1"));
}

TEST_F(SealedBox, StaysClosedWhenAnyBitDiffers) {
  for (std::size_t bit = 0; bit < box_.size() * 8; ++bit) {
    std::string changed = box_;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(OpenBox(keys_.private_key, changed, "res_1")) << bit;
  }
}

TEST_F(SealedBox, StaysClosedForAnotherKeyOrRequest) {
  EXPECT_FALSE(OpenBox(MakeBoxKeys().private_key, box_, "res_1"));
  EXPECT_FALSE(OpenBox(keys_.private_key, box_, "res_2"));
  EXPECT_FALSE(OpenBox(keys_.private_key, box_, ""));
  EXPECT_FALSE(OpenBox("short", box_, "res_1"));
  EXPECT_TRUE(OpenBox(keys_.private_key, box_, "res_1"));
}

TEST_F(SealedBox, StaysClosedWhenItIsCutOrLonger) {
  for (std::size_t size = 0; size < box_.size(); ++size) {
    EXPECT_FALSE(OpenBox(keys_.private_key, box_.substr(0, size), "res_1")) << size;
  }
  EXPECT_FALSE(OpenBox(keys_.private_key, box_ + '\0', "res_1"));
}

TEST_F(SealedBox, TakesNoPointOfLowOrderForAKey) {
  for (const char* digits : kLowOrder) {
    SCOPED_TRACE(digits);
    const std::string point = FromHex(digits);
    std::string box = box_;
    box.replace(4, kBoxKeyBytes, point);

    EXPECT_FALSE(CloseBox(point, "text", "res_1").ok());
    EXPECT_FALSE(OpenBox(keys_.private_key, box, "res_1"));
    EXPECT_FALSE(ReadPublicKey(PublicKeyText(point)).ok());
  }
  EXPECT_FALSE(CloseBox("short", "text", "res_1").ok());
}

TEST_F(SealedBox, KeysGoIntoTextAndBack) {
  EXPECT_THAT(PublicKeyText(keys_.public_key), StartsWith("wlpub_"));
  EXPECT_EQ(PublicKeyText(keys_.public_key).size(), 49u);
  EXPECT_EQ(ReadPublicKey(PublicKeyText(keys_.public_key)).value(), keys_.public_key);
  EXPECT_EQ(ReadPrivateKey(PrivateKeyText(keys_.private_key)).value(), keys_.private_key);
}

TEST_F(SealedBox, OneKindOfKeyIsNotTakenForTheOtherNorRepeated) {
  const std::string text = PrivateKeyText(keys_.private_key);
  EXPECT_FALSE(ReadPrivateKey(PublicKeyText(keys_.public_key)).ok());
  const Result<std::string> read = ReadPublicKey(text);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code, Code::kInvalidArgument);
  EXPECT_THAT(read.error().message, Not(HasSubstr(text.substr(6))));
  EXPECT_THAT(read.error().message, HasSubstr("wayleave audit keygen"));
}

TEST_F(SealedBox, AKeyHasOneSpelling) {
  const std::string text = PublicKeyText(std::string(31, 'a') + '\x00');
  std::string other = text;
  other.back() = 'B';  // differs in bits that belong to no byte
  EXPECT_TRUE(ReadPublicKey(text).ok());
  for (const std::string& bad : {other, text + "=", text + " ", " " + text, text.substr(0, 48), text + "A",
                                 std::string("wlpub_"), std::string()}) {
    EXPECT_FALSE(ReadPublicKey(bad).ok()) << bad;
  }
}

// Closed by another implementation of what the header says, so that the format can't drift unnoticed.
TEST(SealedBoxFormat, IsAsDescribed) {
  std::string private_key;
  for (char byte = 1; byte <= 32; ++byte) private_key += byte;
  const char* const box =
      "776c62315714769d116bf76436ae74bc793d2c30ad1903c59ac5273805c7e2698b410c36000102030405060708"
      "090a0b89b6cd3ecddb8a65fcfeec88c2f7147d0186a3838d4295";

  EXPECT_EQ(OpenBox(private_key, FromHex(box), "res_1"), "content");
}

}  // namespace
}  // namespace wayleave::crypto
