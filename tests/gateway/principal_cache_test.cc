#include "gateway/principal_cache.h"

#include <gtest/gtest.h>

#include <future>
#include <vector>

namespace wayleave::gateway {
namespace {

using namespace std::chrono_literals;
using auth::v1::AuthenticateRequest;
using auth::v1::AuthenticateResponse;
using auth::v1::WatchRevocationsResponse;

AuthenticateRequest Key(const std::string& secret) {
  AuthenticateRequest request;
  request.set_api_key(secret);
  return request;
}

AuthenticateResponse Principal(const std::string& key_id, std::chrono::seconds max_age = 60s) {
  AuthenticateResponse answer;
  answer.mutable_principal()->set_key_id(key_id);
  answer.mutable_max_age()->set_seconds(max_age.count());
  return answer;
}

WatchRevocationsResponse SignOfLife() { return {}; }

WatchRevocationsResponse Revoked(const std::vector<std::string>& key_ids) {
  WatchRevocationsResponse message;
  for (const std::string& id : key_ids) message.add_key_ids(id);
  return message;
}

WatchRevocationsResponse DropAll() {
  WatchRevocationsResponse message;
  message.set_drop_all(true);
  return message;
}

class PrincipalCacheTest : public ::testing::Test {
 protected:
  PrincipalCacheTest() { cache_.Heard(DropAll(), now_); }

  void Keep(const std::string& secret, const AuthenticateResponse& answer) {
    cache_.Keep(cache_.DigestOf(Key(secret)), answer, cache_.drops(), now_);
  }
  // The id of the key that is known for the secret; "" for none.
  std::string Find(const std::string& secret) {
    const auto found = cache_.Find(cache_.DigestOf(Key(secret)), now_);
    return found ? found->principal().key_id() : "";
  }

  PrincipalCache::Clock::time_point now_ = PrincipalCache::Clock::now();
  PrincipalCache cache_;
};

TEST_F(PrincipalCacheTest, FindsWhatItKeptAndNothingElse) {
  Keep("wl_1", Principal("key_1"));

  EXPECT_EQ(Find("wl_1"), "key_1");
  EXPECT_EQ(Find("wl_2"), "");
  EXPECT_EQ(Find(""), "");
}

TEST_F(PrincipalCacheTest, AKeyIsNoCertificateOfTheSameName) {
  AuthenticateRequest certificate;
  certificate.mutable_certificate()->set_subject("wl_1");

  EXPECT_NE(cache_.DigestOf(Key("wl_1")), cache_.DigestOf(certificate));
}

TEST_F(PrincipalCacheTest, DigestsOfTwoProcessesDiffer) {
  const PrincipalCache other;

  EXPECT_NE(cache_.DigestOf(Key("wl_1")), other.DigestOf(Key("wl_1")));
}

TEST_F(PrincipalCacheTest, TrustsNothingBeforeItHearsOfRevocations) {
  PrincipalCache deaf;
  const auto digest = deaf.DigestOf(Key("wl_1"));

  deaf.Keep(digest, Principal("key_1"), deaf.drops(), now_);

  EXPECT_FALSE(deaf.Find(digest, now_));
}

TEST_F(PrincipalCacheTest, TrustsNothingAfterASecondOfSilenceUntilItHearsAgain) {
  Keep("wl_1", Principal("key_1"));

  now_ += 1s;
  EXPECT_EQ(Find("wl_1"), "key_1");
  now_ += 1ms;
  EXPECT_EQ(Find("wl_1"), "");
  cache_.Heard(SignOfLife(), now_);
  EXPECT_EQ(Find("wl_1"), "key_1");
}

TEST_F(PrincipalCacheTest, SignsOfLifeKeepItWithinTheAnswersOwnAge) {
  Keep("wl_1", Principal("key_1", 2s));

  for (int i = 0; i < 7; ++i) {
    now_ += 250ms;
    cache_.Heard(SignOfLife(), now_);
    EXPECT_EQ(Find("wl_1"), "key_1");
  }
  now_ += 250ms;
  cache_.Heard(SignOfLife(), now_);
  EXPECT_EQ(Find("wl_1"), "");
}

TEST_F(PrincipalCacheTest, AnAnswerThatMustNotBeUsedAgainIsNotKept) {
  Keep("wl_1", Principal("key_1", 0s));
  Keep("wl_2", AuthenticateResponse());

  EXPECT_EQ(Find("wl_1"), "");
  EXPECT_EQ(Find("wl_2"), "");
}

TEST_F(PrincipalCacheTest, ARevocationDropsThatKeyUnderEverySecretAndNoOther) {
  Keep("wl_1", Principal("key_1"));
  Keep("wl_1 in another spelling", Principal("key_1"));
  Keep("wl_2", Principal("key_2"));
  Keep("wl_3", Principal("key_3"));

  cache_.Heard(Revoked({"key_1", "key_3", "key_9"}), now_);

  EXPECT_EQ(Find("wl_1"), "");
  EXPECT_EQ(Find("wl_1 in another spelling"), "");
  EXPECT_EQ(Find("wl_2"), "key_2");
  EXPECT_EQ(Find("wl_3"), "");
}

TEST_F(PrincipalCacheTest, DropAllDropsAll) {
  Keep("wl_1", Principal("key_1"));
  Keep("wl_2", Principal("key_2"));

  cache_.Heard(DropAll(), now_);

  EXPECT_EQ(Find("wl_1"), "");
  EXPECT_EQ(Find("wl_2"), "");
}

// auth-service vouched for the key, it was revoked, and the news overtook the answer.
TEST_F(PrincipalCacheTest, ARevocationHeardWhileAnAnswerIsUnderWayIsNotOverwrittenByIt) {
  for (const WatchRevocationsResponse& news : {Revoked({"key_1"}), DropAll()}) {
    const auto before_asking = cache_.drops();
    const auto digest = cache_.DigestOf(Key("wl_1"));

    cache_.Heard(news, now_);
    cache_.Keep(digest, Principal("key_1"), before_asking, now_);

    EXPECT_EQ(Find("wl_1"), "");
  }
}

TEST_F(PrincipalCacheTest, SignsOfLifeWhileAnAnswerIsUnderWayDoNotHinderIt) {
  const auto before_asking = cache_.drops();

  cache_.Heard(SignOfLife(), now_);
  cache_.Keep(cache_.DigestOf(Key("wl_1")), Principal("key_1"), before_asking, now_);

  EXPECT_EQ(Find("wl_1"), "key_1");
}

AuthenticateResponse At(std::int64_t version, AuthenticateResponse answer = Principal("key_1")) {
  answer.set_version(version);
  return answer;
}

WatchRevocationsResponse At(std::int64_t version, WatchRevocationsResponse message) {
  message.set_version(version);
  return message;
}

TEST_F(PrincipalCacheTest, BelievesNoAnswerThatIsOlderThanWhatAnybodyTold) {
  EXPECT_TRUE(cache_.Believes(At(5), now_));
  EXPECT_TRUE(cache_.Believes(At(5), now_));
  EXPECT_FALSE(cache_.Believes(At(4), now_));
  EXPECT_TRUE(cache_.Believes(At(6), now_));
  EXPECT_FALSE(cache_.Believes(At(5), now_));

  cache_.Heard(At(9, SignOfLife()), now_);
  EXPECT_FALSE(cache_.Believes(At(8), now_));
  EXPECT_TRUE(cache_.Believes(At(9), now_));
  EXPECT_TRUE(cache_.Believes(Principal("of one that knows no versions"), now_));
}

// An auth-service whose database is away says so that it lives, and knows of no change.
TEST_F(PrincipalCacheTest, WhoMissesForLongWhatOthersToldIsAsGoodAsSilent) {
  cache_.Heard(At(5, SignOfLife()), now_);
  Keep("wl_1", At(5));
  ASSERT_TRUE(cache_.Believes(At(6), now_));
  const auto told_at = now_;

  bool lagged = false;
  while (now_ - told_at < 3s) {
    now_ += 150ms;
    cache_.Heard(At(5, SignOfLife()), now_);
    EXPECT_EQ(Find("wl_1"), cache_.HearsOldNews() ? "" : "key_1");
    EXPECT_FALSE(now_ - told_at < 900ms && cache_.HearsOldNews());
    lagged = cache_.HearsOldNews();
  }
  EXPECT_TRUE(lagged);

  cache_.Heard(At(6, SignOfLife()), now_);
  EXPECT_FALSE(cache_.HearsOldNews());
  EXPECT_EQ(Find("wl_1"), "key_1");
}

// A backup was put back, in which fewer changes are counted.
TEST_F(PrincipalCacheTest, WhoIsBehindForTenSecondsSeesAnotherDatabase) {
  cache_.Heard(At(50, SignOfLife()), now_);
  ASSERT_TRUE(cache_.Believes(At(50), now_));

  for (const auto until = now_ + 10s; now_ < until; now_ += 100ms) {
    cache_.Heard(At(7, SignOfLife()), now_);
    EXPECT_FALSE(cache_.Believes(At(7), now_));
  }
  cache_.Heard(At(7, SignOfLife()), now_);

  EXPECT_TRUE(cache_.Believes(At(7), now_));
  EXPECT_FALSE(cache_.HearsOldNews());
  EXPECT_FALSE(cache_.Believes(At(6), now_));
  Keep("wl_1", At(7));
  EXPECT_EQ(Find("wl_1"), "key_1");
}

TEST_F(PrincipalCacheTest, WhoIsALittleBehindAllTheTimeIsHeard) {
  for (std::int64_t version = 5; version < 50; ++version) {
    now_ += 150ms;
    cache_.Believes(At(version + 2), now_);
    cache_.Heard(At(version, SignOfLife()), now_);
    EXPECT_FALSE(cache_.HearsOldNews()) << version;
  }
}

TEST_F(PrincipalCacheTest, IsBoundedAndMakesRoomByDroppingWhatExpired) {
  constexpr int kMost = 100'000;
  for (int i = 0; i < kMost; ++i) Keep(std::to_string(i), Principal("key", 1s));
  Keep("one too many", Principal("key_late"));
  EXPECT_EQ(Find("one too many"), "");
  EXPECT_EQ(Find(std::to_string(kMost - 1)), "key");

  now_ += 1s;
  cache_.Heard(SignOfLife(), now_);
  Keep("one more", Principal("key_new"));

  EXPECT_EQ(Find("one more"), "key_new");
}

TEST_F(PrincipalCacheTest, ServesManyThreadsWhileKeysAreRevoked) {
  std::vector<std::future<void>> readers;
  for (int t = 0; t < 3; ++t) {
    readers.push_back(std::async(std::launch::async, [&, t] {
      for (int i = 0; i < 2000; ++i) {
        const std::string secret = std::to_string((i + t) % 10);
        const std::string found = Find(secret);
        EXPECT_TRUE(found.empty() || found == "key_" + secret);
        Keep(secret, Principal("key_" + secret));
      }
    }));
  }
  for (int i = 0; i < 500; ++i) cache_.Heard(Revoked({"key_" + std::to_string(i % 10)}), now_);
  for (auto& reader : readers) reader.wait();

  for (int i = 0; i < 10; ++i) cache_.Heard(Revoked({"key_" + std::to_string(i)}), now_);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Find(std::to_string(i)), "");
}

}  // namespace
}  // namespace wayleave::gateway
