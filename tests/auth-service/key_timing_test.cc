// How long it takes to refuse a key tells nothing about the right one. First by how keys are looked up, then measured
// as dudect does: inputs of two classes in random order, and Welch's t for the difference of their mean times.
#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "auth-service/identity/key_table.h"
#include "base/crypto/random.h"
#include "tests/auth-service/support.h"

namespace wayleave::auth {
namespace {

constexpr int kRounds = 9;
constexpr std::size_t kSamples = 6'000;  // of both classes, in each round
constexpr double kMostSlow = 0.9;        // what is slower was interrupted
// A t of 4.5 is taken for a leak where nothing else runs on the machine; leaks that were put in on purpose have
// hundreds.
constexpr double kFound = 10;

using Make = std::function<std::string()>;
using Subject = std::function<bool(const std::string&)>;

struct Sample {
  bool second = false;
  std::string input;
  double nanos = 0;
};

struct Moments {
  double count = 0, mean = 0, squares = 0;

  void Add(double value) {
    count += 1;
    const double before = value - mean;
    mean += before / count;
    squares += before * (value - mean);
  }
  double error() const { return squares / (count - 1) / count; }
};

double NanosOf(const Subject& subject, const std::string& input, int repeats) {
  bool any = false;
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < repeats; ++i) any |= subject(input);
  const auto end = std::chrono::steady_clock::now();
  EXPECT_FALSE(any);
  return std::chrono::duration<double, std::nano>(end - begin).count();
}

double WelchT(std::vector<Sample> samples) {
  std::sort(samples.begin(), samples.end(), [](const Sample& a, const Sample& b) { return a.nanos < b.nanos; });
  samples.resize(static_cast<std::size_t>(static_cast<double>(samples.size()) * kMostSlow));
  Moments first, second;
  for (const Sample& sample : samples) (sample.second ? second : first).Add(sample.nanos);
  return std::abs(first.mean - second.mean) / std::sqrt(first.error() + second.error() + 1e-9);
}

// The median of several rounds, so that what else happens on the machine meanwhile decides nothing.
double Difference(const Subject& subject, int repeats, const Make& one, const Make& other) {
  std::mt19937_64 random(std::random_device{}());
  std::vector<double> ts;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<Sample> samples(kSamples);
    for (std::size_t i = 0; i < kSamples; ++i) samples[i] = {i % 2 == 1, i % 2 == 1 ? other() : one()};
    std::shuffle(samples.begin(), samples.end(), random);
    for (Sample& sample : samples) sample.nanos = NanosOf(subject, sample.input, repeats);
    ts.push_back(WelchT(std::move(samples)));
  }
  std::sort(ts.begin(), ts.end());
  return ts[ts.size() / 2];
}

// As strcmp() and the like do it.
[[gnu::noinline]] bool LeakyEqual(std::string_view a, std::string_view b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    const volatile char x = a[i], y = b[i];
    if (x != y) return false;
  }
  return true;
}

// A table of many keys, one of which somebody tries to find out.
class KeyTimingTest : public testing::Test {
 protected:
  KeyTimingTest() {
    Accounts accounts;
    for (int i = 0; i < 500; ++i) {
      NewKey made = MakeKey({}, hmac_, Time{} + std::chrono::hours(1)).value();
      secret_ = made.secret;
      accounts.keys.push_back(std::move(made.stored));
    }
    table_.emplace(std::move(accounts), std::vector<StoredKey>(), KeyTable::Configured());
  }

  // The right secret but for one letter, which is always another.
  std::string WrongAt(std::size_t place) {
    std::string wrong = secret_;
    do {
      wrong[place] = kLetters[random_() % (sizeof(kLetters) - 1)];
    } while (wrong[place] == secret_[place]);
    return wrong;
  }
  std::string WrongFirst() { return WrongAt(3); }  // after "wl_"
  std::string WrongLast() { return WrongAt(secret_.size() - 1); }
  std::string Unknown() {
    std::string unknown = secret_;
    for (std::size_t i = 3; i < unknown.size(); ++i) unknown[i] = kLetters[random_() % (sizeof(kLetters) - 1)];
    return unknown;
  }

  static constexpr char kLetters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  const crypto::HmacSha256 hmac_{crypto::RandomBytes(32)};
  std::mt19937_64 random_{1};
  std::string secret_;
  std::optional<KeyTable> table_;

  const Subject lookup_ = [this](const std::string& secret) { return table_->ByDigest(hmac_.Of(secret)) != nullptr; };
  const Make wrong_first_ = [this] { return WrongFirst(); };
  const Make wrong_last_ = [this] { return WrongLast(); };
  const Make unknown_ = [this] { return Unknown(); };
};

// What is compared, and what chooses the bucket, is a digest under a key that nobody outside knows: a secret that is
// right but for its last letter is as far away as any other.
TEST_F(KeyTimingTest, ALetterChangesHalfOfTheDigestWhereverItStands) {
  ASSERT_TRUE(lookup_(secret_));
  const crypto::Digest right = hmac_.Of(secret_);
  for (const Make& make : {wrong_first_, wrong_last_, unknown_}) {
    double bits = 0, same_bucket_bytes = 0;
    for (int i = 0; i < 1000; ++i) {
      const crypto::Digest wrong = hmac_.Of(make());
      for (std::size_t j = 0; j < wrong.size(); ++j) bits += std::popcount(static_cast<unsigned>(wrong[j] ^ right[j]));
      same_bucket_bytes += std::equal(wrong.begin(), wrong.begin() + 2, right.begin());
    }
    EXPECT_NEAR(bits / 1000, 128, 4);
    EXPECT_LE(same_bucket_bytes, 20);
  }
  EXPECT_NE(right, crypto::HmacSha256(crypto::RandomBytes(32)).Of(secret_)) << "another process has other digests";
}

TEST_F(KeyTimingTest, AComparisonThatEndsEarlyIsFound) {
  const Subject leaky = [this](const std::string& secret) { return LeakyEqual(secret, secret_); };

  EXPECT_GT(Difference(leaky, 16, wrong_first_, wrong_last_), kFound);
}

TEST_F(KeyTimingTest, TheComparisonOfDigestsTakesAsLongForAnyByte) {
  const std::string right(crypto::AsView(hmac_.Of(secret_)));
  const auto wrong_at = [&](std::size_t place) {
    std::string wrong = right;
    wrong[place] = static_cast<char>(wrong[place] ^ static_cast<char>(1 + random_() % 255));
    return wrong;
  };
  const Subject compare = [&](const std::string& digest) { return crypto::ConstantTimeEqual(digest, right); };

  EXPECT_LT(Difference(
                compare, 16, [&] { return wrong_at(0); }, [&] { return wrong_at(31); }),
            kFound);
}

TEST_F(KeyTimingTest, AKeyIsRefusedAsFastWhicheverOfItsLettersIsWrong) {
  EXPECT_LT(Difference(lookup_, 4, wrong_first_, wrong_last_), kFound);
  EXPECT_LT(Difference(lookup_, 4, unknown_, wrong_last_), kFound);
}

}  // namespace
}  // namespace wayleave::auth
