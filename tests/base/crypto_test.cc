#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/crypto/digest.h"
#include "base/crypto/encoding.h"
#include "base/crypto/id.h"
#include "base/crypto/random.h"
#include "base/crypto/secret_file.h"

namespace wayleave::crypto {
namespace {

std::string HexOf(const Digest& digest) { return Hex(AsView(digest)); }

TEST(HexTest, TwoDigitsAByteForTextsOfAllLengths) {
  std::string bytes, digits;
  for (int byte = 0; byte < 256; ++byte) {
    char two[3];
    std::snprintf(two, sizeof two, "%02x", byte);
    bytes += static_cast<char>(byte);
    digits += two;
    ASSERT_EQ(Hex(bytes), digits);
    ASSERT_EQ(Hex(std::string_view(bytes).substr(byte)), two);
  }
}

TEST(Sha256, GivesThePublishedDigests) {
  EXPECT_EQ(HexOf(Sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(HexOf(Sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(HexOf(Sha256(std::string(1000000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

// The cases of RFC 4231 whose output is not truncated.
struct HmacCase {
  std::string key, message, digest;
};

const HmacCase kHmacCases[] = {
    {std::string(20, '\x0b'), "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {"Jefe", "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {std::string(20, '\xaa'), std::string(50, '\xdd'),
     "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
    {std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First",
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
};

TEST(HmacSha256, GivesTheDigestsOfRfc4231) {
  for (const HmacCase& c : kHmacCases) EXPECT_EQ(HexOf(HmacSha256(c.key).Of(c.message)), c.digest) << c.message;
}

TEST(HmacSha256, IsTheSameOnEveryThread) {
  const HmacSha256 hmac("secret");
  const Digest expected = hmac.Of("message");
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};

  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) wrong += hmac.Of("message") != expected;
    });
  }
  for (auto& thread : threads) thread.join();

  EXPECT_EQ(wrong, 0);
}

TEST(ConstantTimeEqual, ComparesContentAndLength) {
  EXPECT_TRUE(ConstantTimeEqual("", ""));
  EXPECT_TRUE(ConstantTimeEqual("abc", "abc"));
  EXPECT_FALSE(ConstantTimeEqual("abc", "abd"));
  EXPECT_FALSE(ConstantTimeEqual("abc", "ab"));
}

TEST(Base64, GivesTheVectorsOfRfc4648AndBack) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(Base64(bytes), text);
    EXPECT_EQ(FromBase64(text), bytes);
  }
}

TEST(Base64, TakesEveryByte) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));

  EXPECT_EQ(FromBase64(Base64(bytes)), bytes);
}

TEST(Base64, RefusesWhatIsNone) {
  for (const char* text : {"Zg", "Zg=", "Zg==\n", " Zg==", "Z===", "Zm9v!A==", "Zm9\n", "Zg==Zg==", "===="})
    EXPECT_FALSE(FromBase64(text)) << text;
}

TEST(Base62, PadsToTheLengthOfTheLargestNumber) {
  EXPECT_EQ(Base62(std::string(32, '\0')), std::string(43, '0'));
  EXPECT_EQ(Base62(std::string(32, '\xff')).size(), 43u);
  EXPECT_EQ(Base62("\x3d"), "0z");
  EXPECT_EQ(Base62("\x3e"), "10");
  EXPECT_EQ(Base62("\xff"), "47");
}

TEST(RandomBytes, DifferEachTime) {
  EXPECT_EQ(RandomBytes(32).size(), 32u);
  EXPECT_NE(RandomBytes(32), RandomBytes(32));
}

TEST(Id, IsAUuidOfVersion7ThatHoldsItsTime) {
  const Id id = NewId(std::chrono::system_clock::time_point(std::chrono::milliseconds(0x017f22e279b0)));

  EXPECT_EQ(Hex({reinterpret_cast<const char*>(id.data()), 8}), "017f22e279b07000");
  EXPECT_EQ(id[8] & 0xc0, 0x80);
}

TEST(Id, SortsByTime) {
  const std::chrono::system_clock::time_point start(std::chrono::seconds(1'800'000'000));
  std::vector<Id> ids;

  for (int i = 0; i < 3000; ++i) ids.push_back(NewId(start + std::chrono::microseconds(i)));

  EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
}

TEST(Id, IsUniqueOverThreads) {
  constexpr int kEach = 5000;
  std::vector<std::vector<std::string>> made(4);
  std::vector<std::thread> threads;

  for (auto& mine : made) {
    threads.emplace_back([&mine] {
      for (int i = 0; i < kEach; ++i) mine.push_back(MakeId("req_"));
    });
  }
  for (auto& thread : threads) thread.join();

  std::set<std::string> all;
  for (const auto& mine : made) all.insert(mine.begin(), mine.end());
  EXPECT_EQ(all.size(), 4u * kEach);
  EXPECT_EQ(all.begin()->size(), 36u);
}

class SecretFile : public testing::Test {
 protected:
  SecretFile() {
    std::string pattern = testing::TempDir() + "secretXXXXXX";
    directory_ = mkdtemp(pattern.data());
  }
  ~SecretFile() override { std::filesystem::remove_all(directory_); }
  std::string directory_;
};

TEST_F(SecretFile, IsMadeOnceForItsOwnerAlone) {
  const std::string path = directory_ + "/secret";

  const auto first = ReadOrMakeSecret(path, 32);
  const auto second = ReadOrMakeSecret(path, 32);

  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(*first, *second);
  struct stat facts;
  ASSERT_EQ(stat(path.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory_), {}), 1);
}

TEST_F(SecretFile, IsAgreedUponByAllThatStartAtOnce) {
  std::vector<std::string> seen(8);
  std::vector<std::thread> threads;

  for (auto& mine : seen) threads.emplace_back([&] { mine = ReadOrMakeSecret(directory_ + "/secret", 32).value(); });
  for (auto& thread : threads) thread.join();

  EXPECT_THAT(seen, testing::Each(seen[0]));
}

TEST_F(SecretFile, IsNeverReplacedWhenDamaged) {
  const std::string path = directory_ + "/secret";
  std::ofstream(path) << "short";

  const auto secret = ReadOrMakeSecret(path, 32);

  ASSERT_FALSE(secret.ok());
  EXPECT_EQ(secret.error().code, Code::kDataLoss);
  EXPECT_EQ(std::filesystem::file_size(path), 5u);
}

TEST_F(SecretFile, ReportsADirectoryThatIsMissing) {
  EXPECT_FALSE(ReadOrMakeSecret(directory_ + "/no/secret", 32).ok());
}

}  // namespace
}  // namespace wayleave::crypto
