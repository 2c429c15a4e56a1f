#include "auth-service/identity/key.h"

#include <regex>

#include "auth-service/identity/key_table.h"
#include "tests/auth-service/support.h"

namespace wayleave::auth {
namespace {

const crypto::HmacSha256 kHmac("0123456789abcdef0123456789abcdef");
const Time kNow = TimeOf(1'800'000'000'000'000'000);

v1::Key Named(const std::string& name) {
  v1::Key key;
  key.set_name(name);
  return key;
}

TEST(MakeKey, HasTheFormatThatIsDocumented) {
  const auto made = MakeKey(Named("laptop"), kHmac, kNow);

  ASSERT_THAT(made, IsOk());
  EXPECT_TRUE(std::regex_match(made->secret, std::regex("wl_[0-9A-Za-z]{43}"))) << made->secret;
  EXPECT_TRUE(std::regex_match(made->stored.key.id(), std::regex("key_[0-9a-f]{8}"))) << made->stored.key.id();
  EXPECT_EQ(made->stored.key.prefix(), made->secret.substr(0, 8));
  EXPECT_EQ(made->stored.digest, kHmac.Of(made->secret));
}

TEST(MakeKey, IgnoresWhatIsNotForTheCallerToSay) {
  v1::Key wanted = Named("laptop");
  wanted.set_id("key_00000000");
  wanted.set_prefix("wl_mine");
  wanted.mutable_created_at()->set_seconds(1);
  wanted.mutable_revoked_at()->set_seconds(1);

  const auto made = MakeKey(wanted, kHmac, kNow);

  ASSERT_THAT(made, IsOk());
  EXPECT_NE(made->stored.key.id(), "key_00000000");
  EXPECT_NE(made->stored.key.prefix(), "wl_mine");
  EXPECT_EQ(ToNanos(made->stored.key.created_at()), ToNanos(kNow));
  EXPECT_FALSE(made->stored.key.has_revoked_at());
}

TEST(MakeKey, TenantRolesAndLabelsReachThePrincipal) {
  v1::Key wanted = Named("laptop");
  wanted.set_tenant("research");
  wanted.add_roles("intern");
  (*wanted.mutable_labels())["team"] = "blue and green";

  const auto made = MakeKey(wanted, kHmac, kNow);
  ASSERT_THAT(made, IsOk());
  const KeyTable table({{made->stored}, {}, {}}, {}, {});
  const v1::Principal& principal = table.ByDigest(kHmac.Of(made->secret))->principal;

  EXPECT_EQ(principal.tenant(), "research");
  EXPECT_THAT(principal.roles(), testing::ElementsAre("intern"));
  EXPECT_EQ(principal.labels().at("team"), "blue and green");
  EXPECT_EQ(MakeKey(Named("other"), kHmac, kNow)->stored.key.tenant(), kDefaultTenant);
}

struct Refusal {
  std::string why;
  v1::Key wanted;
};

std::vector<Refusal> Refusals() {
  std::vector<Refusal> refusals = {{"long name", Named(std::string(257, 'n'))},
                                   {"past", {}},
                                   {"tenant", {}},
                                   {"roles", {}},
                                   {"role's name", {}},
                                   {"label", {}},
                                   {"value", {}},
                                   {"line break", {}},
                                   {"scope", {}},
                                   {"control in the user", {}},
                                   {"model", {}},
                                   {"models twice", {}},
                                   {"terms", {}}};
  *refusals[1].wanted.mutable_expires_at() = TimestampOf(ToNanos(kNow));
  refusals[2].wanted.set_tenant("else where");
  for (int i = 0; i < 65; ++i) refusals[3].wanted.add_roles("role");
  refusals[4].wanted.add_roles("in,tern");
  (*refusals[5].wanted.mutable_labels())[""] = "blue";
  (*refusals[6].wanted.mutable_labels())["team"] = std::string(257, 'v');
  (*refusals[7].wanted.mutable_labels())["team"] = "blue\n";
  refusals[8].wanted.add_scopes("root");
  refusals[9].wanted.set_user(std::string("a\0b", 3));
  refusals[10].wanted.add_models("");
  refusals[11].wanted.mutable_terms()->add_models("gpt-*");
  refusals[12].wanted.mutable_terms()->add_hours("now");
  return refusals;
}

TEST(MakeKey, RefusesWhatMakesNoSense) {
  for (const Refusal& refusal : Refusals()) {
    EXPECT_THAT(MakeKey(refusal.wanted, kHmac, kNow), HasCode(Code::kInvalidArgument)) << refusal.why;
  }
}

TEST(EnvironmentKey, HasAStableIdAndNothingOfItsSecret) {
  const StoredKey key = EnvironmentKey("PROXY_API_KEY", "s3cret-of-my-own", kHmac);

  EXPECT_EQ(key.key.id(), EnvironmentKey("PROXY_API_KEY", "s3cret-of-my-own", kHmac).key.id());
  EXPECT_THAT(key.key.DebugString(), testing::Not(testing::HasSubstr("s3c")));
}

TEST(IsSampleKey, TellsSecretsFromPlaceholders) {
  const std::pair<std::string, bool> cases[] = {
      {"", true},
      {"secret", true},
      {"change-me-change-me-change-me", true},
      {"YOUR-API-KEY-GOES-HERE", true},
      {"xxxxxxxxxxxxxxxxxxxxxxxx", true},
      {"q8h2LmZ0tP4sVb7e", false},
      {"wl_7uQm2bq0Zk3yW9xT1cN5vR8jH4gF6dS0aP2oL7iK3eB", false},
  };
  for (const auto& [secret, sample] : cases) EXPECT_EQ(IsSampleKey(secret), sample) << secret;
}

StoredKey KeyWith(const std::string& id, const std::string& secret) {
  StoredKey stored;
  stored.key.set_id(id);
  stored.digest = kHmac.Of(secret);
  return stored;
}

TEST(KeyTable, FindsByDigestAndById) {
  const KeyTable table({{KeyWith("key_1", "a"), KeyWith("key_2", "b")}, {}, {}}, {KeyWith("key_3", "c")}, {});

  EXPECT_EQ(table.ByDigest(kHmac.Of("b"))->principal.key_id(), "key_2");
  EXPECT_EQ(table.ByDigest(kHmac.Of("c"))->principal.key_id(), "key_3");
  EXPECT_EQ(table.ByDigest(kHmac.Of("d")), nullptr);
  EXPECT_EQ(table.ById("key_1")->stored.digest, kHmac.Of("a"));
  EXPECT_EQ(table.ById(""), nullptr);
}

TEST(KeyTable, DoesNotTrustTheHashOfADigestAlone) {
  StoredKey key = KeyWith("key_1", "a");
  crypto::Digest close = key.digest;
  close[31] ^= 1;
  const KeyTable table({{std::move(key)}, {}, {}}, {}, {});

  EXPECT_EQ(table.ByDigest(close), nullptr);
}

TEST(KeyTable, NamesKeysThatAreRevokedGoneOrEdited) {
  const KeyTable before(
      {{KeyWith("same", "1"), KeyWith("gone", "2"), KeyWith("revoked", "3"), KeyWith("edited", "4")}, {}, {}}, {}, {});
  StoredKey revoked = KeyWith("revoked", "3");
  revoked.key.mutable_revoked_at()->set_seconds(1);
  StoredKey edited = KeyWith("edited", "4");
  edited.key.add_models("gpt-*");

  const KeyTable later({{KeyWith("same", "1"), revoked, edited, KeyWith("new", "5")}, {}, {}}, {}, {});

  EXPECT_THAT(before.ChangedIn(later), testing::UnorderedElementsAre("gone", "revoked", "edited"));
}

TEST(KeyTable, NamesKeysAsTheyExpireOnce) {
  StoredKey stored = KeyWith("key_1", "a");
  *stored.key.mutable_expires_at() = TimestampOf(ToNanos(kNow));
  const KeyTable table({{stored}, {}, {}}, {}, {});
  const auto second = std::chrono::seconds(1);

  EXPECT_THAT(table.ExpiredBetween(kNow - 2 * second, kNow - second), testing::IsEmpty());
  EXPECT_THAT(table.ExpiredBetween(kNow - second, kNow), testing::ElementsAre("key_1"));
  EXPECT_THAT(table.ExpiredBetween(kNow, kNow + second), testing::IsEmpty());
  EXPECT_EQ(table.ById("key_1")->At(kNow - second), Standing::kGood);
  EXPECT_EQ(table.ById("key_1")->At(kNow), Standing::kExpired);
}

TEST(Nanos, GoThereAndBack) {
  for (const std::int64_t nanos : {std::int64_t{0}, std::int64_t{1'800'000'000'123'456'789}, std::int64_t{-1}}) {
    EXPECT_EQ(ToNanos(TimestampOf(nanos)), nanos);
    EXPECT_EQ(ToNanos(DurationOf(nanos)), nanos);
  }
  google::protobuf::Timestamp far;
  far.set_seconds(253402300799);
  EXPECT_GT(ToNanos(far), 9'000'000'000'000'000'000);
}

}  // namespace
}  // namespace wayleave::auth
