#include <gmock/gmock.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/crypto/ed25519.h"
#include "base/crypto/encoding.h"
#include "base/crypto/seal.h"

namespace wayleave::crypto {
namespace {

std::string Unhex(const std::string& text) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

// RFC 8032, section 7.1, in hexadecimal.
struct SignatureCase {
  std::string seed, public_key, message, signature;
};

const SignatureCase kSignatureCases[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
     "d25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
     "387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
     "4a7c15e9716ed28dc027beceea1ec40a"},
    {"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
     "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd"
     "454d4423643ce80e2a9ac94fa54ca49f",
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e030"
     "3dca179c138ac17ad9bef1177331a704"},
};

TEST(SigningKey, GivesTheSignaturesOfRfc8032) {
  for (const SignatureCase& c : kSignatureCases) {
    const auto key = SigningKey::FromSeed(Unhex(c.seed));

    ASSERT_TRUE(key.ok());
    EXPECT_EQ(Hex(key->PublicKey()), c.public_key);
    EXPECT_EQ(Hex(key->Sign(Unhex(c.message))), c.signature);
    EXPECT_TRUE(VerifySignature(Unhex(c.public_key), Unhex(c.message), Unhex(c.signature)));
  }
}

TEST(SigningKey, RefusesASeedOfAnotherLength) {
  for (const std::size_t length : {0, 31, 33}) {
    const auto key = SigningKey::FromSeed(std::string(length, 's'));

    ASSERT_FALSE(key.ok()) << length;
    EXPECT_EQ(key.error().code, Code::kInvalidArgument);
  }
}

TEST(SigningKey, SignsOnSeveralThreadsAtOnce) {
  const auto key = SigningKey::FromSeed(std::string(32, 's'));
  ASSERT_TRUE(key.ok());
  const std::string expected = key->Sign("message");
  std::vector<std::string> seen(4);
  std::vector<std::thread> threads;

  for (std::string& mine : seen) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) mine = key->Sign("message");
    });
  }
  for (auto& thread : threads) thread.join();

  EXPECT_THAT(seen, testing::Each(expected));
}

TEST(VerifySignature, KnowsEveryFlippedBit) {
  const auto key = SigningKey::FromSeed(std::string(32, 's'));
  ASSERT_TRUE(key.ok());
  const std::string message = "a message";
  const std::string signature = key->Sign(message);

  for (std::size_t bit = 0; bit < 8 * signature.size(); ++bit) {
    std::string other = signature;
    other[bit / 8] = static_cast<char>(other[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(VerifySignature(key->PublicKey(), message, other)) << bit;
  }
  for (std::size_t bit = 0; bit < 8 * message.size(); ++bit) {
    std::string other = message;
    other[bit / 8] = static_cast<char>(other[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(VerifySignature(key->PublicKey(), other, signature)) << bit;
  }
}

TEST(VerifySignature, TakesNothingOfAnotherLengthAndNoOtherKey) {
  const auto key = SigningKey::FromSeed(std::string(32, 's'));
  const auto other = SigningKey::FromSeed(std::string(32, 't'));
  ASSERT_TRUE(key.ok() && other.ok());
  const std::string signature = key->Sign("m");

  EXPECT_FALSE(VerifySignature(other->PublicKey(), "m", signature));
  EXPECT_FALSE(VerifySignature(key->PublicKey(), "m", signature.substr(1)));
  EXPECT_FALSE(VerifySignature(key->PublicKey(), "m", signature + "x"));
  EXPECT_FALSE(VerifySignature(key->PublicKey(), "m", ""));
  EXPECT_FALSE(VerifySignature("", "m", signature));
  EXPECT_FALSE(VerifySignature(std::string(32, '\xff'), "m", signature));
}

class SigningKeyFile : public testing::Test {
 protected:
  SigningKeyFile() {
    std::string pattern = testing::TempDir() + "signingXXXXXX";
    directory_ = mkdtemp(pattern.data());
  }
  ~SigningKeyFile() override { std::filesystem::remove_all(directory_); }
  std::string directory_;
};

TEST_F(SigningKeyFile, IsMadeOnceAndReadAfterwards) {
  const auto made = SigningKey::ReadOrMake(directory_ + "/key");
  const auto read = SigningKey::ReadOrMake(directory_ + "/key");

  ASSERT_TRUE(made.ok() && read.ok());
  EXPECT_EQ(made->PublicKey(), read->PublicKey());
  EXPECT_EQ(std::filesystem::file_size(directory_ + "/key"), kSeedBytes);
}

TEST_F(SigningKeyFile, IsNotReplacedWhenDamaged) {
  std::ofstream(directory_ + "/key") << "short";

  const auto key = SigningKey::ReadOrMake(directory_ + "/key");

  ASSERT_FALSE(key.ok());
  EXPECT_EQ(key.error().code, Code::kDataLoss);
}

const std::string kKey(32, 'k');

// The cases of the GCM specification with a key of 256 bits and a nonce of 96.
TEST(Open, OpensThePublishedVectors) {
  const std::string zeros(32, '\0');
  const std::string nonce(12, '\0');
  EXPECT_EQ(Open(zeros, nonce + Unhex("530f8afbc74536b9a963b4f1c4cb738b"), ""), "");
  EXPECT_EQ(Open(zeros, nonce + Unhex("cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"), ""),
            std::string(16, '\0'));
  const auto opened = Open(
      Unhex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"),
      Unhex("cafebabefacedbaddecaf888"
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838"
            "c5f61e6393ba7a0abcc9f662"
            "76fc6ece0f4e1768cddf8853bb2d551b"),
      Unhex("feedfacedeadbeeffeedfacedeadbeefabaddad2"));
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ(Hex(*opened),
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"
            "b16aedf5aa0de657ba637b39");
}

TEST(Seal, GoesThereAndBack) {
  for (const std::size_t length : {0, 1, 15, 16, 17, 100'000}) {
    const std::string plaintext(length, 'p');

    const std::string sealed = Seal(kKey, plaintext, "row 7");

    EXPECT_EQ(sealed.size(), length + kSealOverhead);
    EXPECT_EQ(Open(kKey, sealed, "row 7"), plaintext);
  }
}

TEST(Seal, NeverGivesTheSameTwice) {
  std::set<std::string> nonces;

  for (int i = 0; i < 1000; ++i) nonces.insert(Seal(kKey, "same", "").substr(0, 12));

  EXPECT_EQ(nonces.size(), 1000u);
}

TEST(Open, KnowsEveryFlippedBit) {
  const std::string sealed = Seal(kKey, "content", "row 7");

  for (std::size_t bit = 0; bit < 8 * sealed.size(); ++bit) {
    std::string other = sealed;
    other[bit / 8] = static_cast<char>(other[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(Open(kKey, other, "row 7")) << bit;
  }
}

TEST(Open, WantsAllOfItTheSameKeyAndTheSameData) {
  const std::string sealed = Seal(kKey, "content", "row 7");

  for (std::size_t length = 0; length < sealed.size(); ++length) {
    EXPECT_FALSE(Open(kKey, sealed.substr(0, length), "row 7")) << length;
  }
  EXPECT_FALSE(Open(kKey, sealed + "x", "row 7"));
  EXPECT_FALSE(Open(kKey, sealed, "row 8"));
  EXPECT_FALSE(Open(kKey, sealed, ""));
  EXPECT_FALSE(Open(std::string(32, 'l'), sealed, "row 7"));
}

TEST(Seal, ThrowsForAKeyOfAnotherLength) {
  EXPECT_THROW(Seal("short", "content", ""), std::invalid_argument);
  EXPECT_THROW(Open("short", std::string(40, 's'), ""), std::invalid_argument);
}

}  // namespace
}  // namespace wayleave::crypto
