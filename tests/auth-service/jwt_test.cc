#include <fstream>
#include <functional>
#include <mutex>
#include <thread>

#include "auth-service/identity/base64url.h"
#include "auth-service/identity/issuer_config.h"
#include "auth-service/identity/jwks.h"
#include "auth-service/identity/token_verifier.h"
#include "tests/auth-service/support.h"
#include "tests/auth-service/token_forge.h"
#include "tests/base/http_fixture.h"

namespace wayleave::auth {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kIssuer[] = "https://login.example/realms/main";
constexpr std::int64_t kNowSeconds = 1'800'000'000;  // FakeClock's first moment

json GoodClaims() {
  return {{"iss", kIssuer},           {"aud", "gateway"},   {"sub", "alice"},
          {"exp", kNowSeconds + 600}, {"iat", kNowSeconds}, {"roles", json::array({"user"})}};
}

json With(json object, const char* name, json value) {
  object[name] = std::move(value);
  return object;
}

json Without(json object, const char* name) {
  object.erase(name);
  return object;
}

IssuerConfig TestIssuer() {
  IssuerConfig issuer;
  issuer.name = "main";
  issuer.issuer = kIssuer;
  issuer.audiences = {"gateway", "gateway-admin"};
  issuer.tenant = "acme";
  return issuer;
}

// A verifier that has its issuer's keys from a file.
class Jwt : public ::testing::Test {
 protected:
  void Trust(const std::vector<json>& keys, IssuerConfig issuer = TestIssuer()) {
    issuer.jwks_file = directory_ / "jwks.json";
    std::ofstream(issuer.jwks_file) << JwksOf(keys);
    verifier_.emplace(std::vector{issuer}, registry_);
    ASSERT_THAT(verifier_->Start(workers_), IsOk());
  }
  Result<TokenIdentity> Verify(const std::string& token) { return verifier_->Verify(token, clock_.Now()); }
  Result<TokenIdentity> VerifyClaims(const json& claims) {
    return Verify(Forge({{"alg", "RS256"}}, claims, SharedRsa(), "RS256"));
  }

  TempDirectory directory_;
  metrics::Registry registry_{"test"};
  WorkerPool workers_{1};
  FakeClock clock_;
  std::optional<TokenVerifier> verifier_;
};

TEST_F(Jwt, TakesTokensOfEachAlgorithm) {
  for (const std::string& name : AlgorithmNames()) {
    SCOPED_TRACE(name);
    const SigningKey key = SigningKey::For(*FindAlgorithm(name));
    Trust({key.Jwk("k1")});

    const auto identity = Verify(Forge({{"alg", name}, {"kid", "k1"}, {"typ", "JWT"}}, GoodClaims(), key, name));

    ASSERT_THAT(identity, IsOk());
    EXPECT_EQ(identity->tenant, "acme");
    EXPECT_EQ(identity->user, "alice");
    EXPECT_EQ(identity->subject, "alice");
    EXPECT_EQ(identity->issuer, kIssuer);
    EXPECT_THAT(identity->roles, ElementsAre("user"));
    EXPECT_EQ(identity->expires_at, clock_.Now() + 600s);
  }
}

// What the issuer of the attacks publishes, and its private halves.
struct Victim {
  SigningKey rsa = SharedRsa();
  SigningKey other_rsa = SigningKey::Rsa();
  SigningKey small = SigningKey::Rsa(1024);
  SigningKey ec = SigningKey::Ec("P-256");
  SigningKey ec384 = SigningKey::Ec("P-384");
  SigningKey ed = SigningKey::Ed25519();
  SigningKey stranger = SigningKey::Rsa();

  std::vector<json> Keys() const {
    return {rsa.Jwk("rsa"),
            small.Jwk("small"),
            ec.Jwk("ec"),
            ec384.Jwk("ec384"),
            ed.Jwk("ed"),
            With(rsa.Jwk("only-rs256"), "alg", "RS256"),
            With(rsa.Jwk("for-oaep"), "alg", "RSA-OAEP"),
            With(rsa.Jwk("for-encryption"), "use", "enc"),
            With(rsa.Jwk("for-signing"), "key_ops", json::array({"sign"})),
            With(rsa.Jwk("published"), "d", "AQAB"),
            rsa.Jwk("twice"),
            other_rsa.Jwk("twice"),
            {{"kty", "oct"}, {"kid", "symmetric"}, {"k", Base64Url("a secret of thirty-two bytes ....")}}};
  }
  std::string Token(const json& header, const json& claims = GoodClaims()) const {
    return Forge(header, claims, rsa, "RS256");
  }
  std::string Good() const { return Token({{"alg", "RS256"}, {"kid", "rsa"}}); }
};

struct Attack {
  const char* name;
  std::function<std::string(const Victim&)> forge;
  const char* says;
};

constexpr char kNoAlgorithm[] = "algorithm that is accepted here";
constexpr char kUnknownKey[] = "not known to have";
constexpr char kUnfitKey[] = "not for its algorithm";
constexpr char kBadSignature[] = "signature is wrong";
constexpr char kNoHeader[] = "header is not one JSON object";
constexpr char kNoClaims[] = "claims are not one JSON object";

json Header(const char* algorithm, const char* kid) { return {{"alg", algorithm}, {"kid", kid}}; }

// The good token with its last letter, or that of its header, replaced by the next one: bits that belong to no byte.
std::string Respelled(std::string token, std::size_t at) {
  static constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  token[at] = kLetters[kLetters.find(token[at]) + 1];
  return token;
}

const std::vector<Attack>& OnTheSignature() {
  static const std::vector<Attack> attacks{
      {"alg none, no signature",
       [](const Victim&) { return Base64Url(R"({"alg":"none"})") + "." + Base64Url(GoodClaims().dump()) + "."; },
       kNoAlgorithm},
      {"alg None", [](const Victim& v) { return v.Token(Header("None", "rsa")); }, kNoAlgorithm},
      {"alg in lower case", [](const Victim& v) { return v.Token(Header("rs256", "rsa")); }, kNoAlgorithm},
      {"alg missing",
       [](const Victim& v) {
         return v.Token({{"kid", "rsa"}});
       },
       kNoAlgorithm},
      {"alg no string",
       [](const Victim& v) {
         return v.Token({{"alg", json::array({"RS256"})}, {"kid", "rsa"}});
       },
       kNoAlgorithm},
      {"alg not allowed by the issuer",
       [](const Victim& v) { return Forge(Header("RS512", "rsa"), GoodClaims(), v.rsa, "RS512"); },
       "accepted from its issuer"},
      {"HMAC with the public key as secret",
       [](const Victim& v) { return ForgeByHmac(Header("HS256", "rsa"), GoodClaims(), v.rsa.Pem()); }, kNoAlgorithm},
      {"HMAC under the name of RS256",
       [](const Victim& v) { return ForgeByHmac(Header("RS256", "rsa"), GoodClaims(), v.rsa.Pem()); }, kBadSignature},
      {"HMAC with a published symmetric key",
       [](const Victim&) {
         return ForgeByHmac(Header("HS256", "symmetric"), GoodClaims(), "a secret of thirty-two bytes ....");
       },
       kNoAlgorithm},
      {"a symmetric key for an asymmetric algorithm",
       [](const Victim& v) { return v.Token(Header("RS256", "symmetric")); }, kUnknownKey},
      {"another's key",
       [](const Victim& v) { return Forge(Header("RS256", "rsa"), GoodClaims(), v.stranger, "RS256"); }, kBadSignature},
      {"another key of the set",
       [](const Victim& v) { return Forge(Header("RS256", "rsa"), GoodClaims(), v.other_rsa, "RS256"); },
       kBadSignature},
      {"claims exchanged",
       [](const Victim& v) {
         const std::string good = v.Good();
         return good.substr(0, good.find('.') + 1) + Base64Url(With(GoodClaims(), "sub", "root").dump()) +
                good.substr(good.rfind('.'));
       },
       kBadSignature},
      {"signature cut", [](const Victim& v) { return v.Good().substr(0, v.Good().size() - 2); }, kBadSignature},
      {"signature of nothing", [](const Victim& v) { return v.Good().substr(0, v.Good().rfind('.') + 1); },
       "signature is missing"},
      {"PSS passed off as PKCS #1",
       [](const Victim& v) { return Forge(Header("RS256", "rsa"), GoodClaims(), v.rsa, "PS256"); }, kBadSignature},
      {"another digest", [](const Victim& v) { return Forge(Header("RS256", "rsa"), GoodClaims(), v.rsa, "RS384"); },
       kBadSignature},
      {"ECDSA of zeros",
       [](const Victim&) {
         return Base64Url(Header("ES256", "ec").dump()) + "." + Base64Url(GoodClaims().dump()) + "." +
                Base64Url(std::string(64, '\0'));
       },
       kBadSignature},
      {"ECDSA with a byte more",
       [](const Victim& v) {
         const std::string part = Base64Url(Header("ES256", "ec").dump()) + "." + Base64Url(GoodClaims().dump());
         return part + "." + Base64Url(v.ec.Sign(*FindAlgorithm("ES256"), part) + '\0');
       },
       kBadSignature},
  };
  return attacks;
}

const std::vector<Attack>& OnTheKey() {
  static const std::vector<Attack> attacks{
      {"ES256 on P-384",
       [](const Victim& v) { return Forge(Header("ES256", "ec384"), GoodClaims(), v.ec384, "ES256"); }, kUnfitKey},
      {"RSA key for EdDSA", [](const Victim& v) { return v.Token(Header("EdDSA", "rsa")); }, kUnfitKey},
      {"Ed25519 key for ES256", [](const Victim& v) { return v.Token(Header("ES256", "ed")); }, kUnfitKey},
      {"key for another alg",
       [](const Victim& v) { return Forge(Header("PS256", "only-rs256"), GoodClaims(), v.rsa, "PS256"); }, kUnfitKey},
      {"key for an alg of encryption", [](const Victim& v) { return v.Token(Header("RS256", "for-oaep")); },
       kUnknownKey},
      {"key with use enc", [](const Victim& v) { return v.Token(Header("RS256", "for-encryption")); }, kUnknownKey},
      {"key with key_ops sign", [](const Victim& v) { return v.Token(Header("RS256", "for-signing")); }, kUnknownKey},
      {"private key in the set", [](const Victim& v) { return v.Token(Header("RS256", "published")); }, kUnknownKey},
      {"RSA of 1024 bits",
       [](const Victim& v) { return Forge(Header("RS256", "small"), GoodClaims(), v.small, "RS256"); }, kUnknownKey},
      {"kid of two keys", [](const Victim& v) { return v.Token(Header("RS256", "twice")); }, "several keys"},
      {"no kid, several keys",
       [](const Victim& v) {
         return v.Token({{"alg", "RS256"}});
       },
       "several keys"},
      {"kid unknown", [](const Victim& v) { return v.Token(Header("RS256", "RSA")); }, kUnknownKey},
      {"kid empty", [](const Victim& v) { return v.Token(Header("RS256", "")); }, kUnknownKey},
      {"kid a path", [](const Victim& v) { return v.Token(Header("RS256", "../../../../dev/null")); }, kUnknownKey},
      {"kid a query", [](const Victim& v) { return v.Token(Header("RS256", "' OR '1'='1")); }, kUnknownKey},
      {"kid with a NUL",
       [](const Victim& v) {
         return v.Token({{"alg", "RS256"}, {"kid", std::string("rsa\0x", 5)}});
       },
       kUnknownKey},
      {"kid a number",
       [](const Victim& v) {
         return v.Token({{"alg", "RS256"}, {"kid", 1}});
       },
       "other than a string"},
      {"kid null",
       [](const Victim& v) {
         return v.Token({{"alg", "RS256"}, {"kid", nullptr}});
       },
       "other than a string"},
      {"own key in jwk",
       [](const Victim& v) {
         return Forge({{"alg", "RS256"}, {"kid", "rsa"}, {"jwk", v.stranger.Jwk("rsa")}}, GoodClaims(), v.stranger,
                      "RS256");
       },
       kBadSignature},
      {"own key in jwk, under its own name",
       [](const Victim& v) {
         return Forge({{"alg", "RS256"}, {"kid", "mine"}, {"jwk", v.stranger.Jwk("mine")}}, GoodClaims(), v.stranger,
                      "RS256");
       },
       kUnknownKey},
      {"crit",
       [](const Victim& v) {
         return v.Token({{"alg", "RS256"}, {"kid", "rsa"}, {"crit", json::array({"exp"})}});
       },
       "crit"},
      {"crit empty",
       [](const Victim& v) {
         return v.Token({{"alg", "RS256"}, {"kid", "rsa"}, {"crit", json::array()}});
       },
       "crit"},
      {"a logout token",
       [](const Victim& v) {
         return v.Token({{"alg", "RS256"}, {"kid", "rsa"}, {"typ", "logout+jwt"}});
       },
       "send an access token"},
  };
  return attacks;
}

const std::vector<Attack>& OnTheForm() {
  static const std::vector<Attack> attacks{
      {"nothing", [](const Victim&) { return ""; }, "three parts"},
      {"two parts", [](const Victim& v) { return v.Good().substr(0, v.Good().rfind('.')); }, "three parts"},
      {"four parts", [](const Victim& v) { return v.Good() + ".AAAA"; }, "three parts"},
      {"five parts, as if encrypted", [](const Victim& v) { return v.Good() + ".AAAA.AAAA"; }, "three parts"},
      {"too long",
       [](const Victim& v) {
         return v.Token(Header("RS256", "rsa"), With(GoodClaims(), "x", std::string(kMaxTokenBytes, 'x')));
       },
       "16 KiB"},
      {"padding", [](const Victim& v) { return v.Good() + "=="; }, "base64url"},
      {"white space", [](const Victim& v) { return v.Good() + "\n"; }, "base64url"},
      {"trailing bits in the signature", [](const Victim& v) { return Respelled(v.Good(), v.Good().size() - 1); },
       "base64url"},
      {"trailing bits in the header",
       [](const Victim& v) {
         const std::string good = ForgeText(R"({ "alg":"RS256","kid":"rsa"})", GoodClaims().dump(), v.rsa, "RS256");
         return Respelled(good, good.find('.') - 1);
       },
       kNoHeader},
      {"the other alphabet", [](const Victim& v) { return "+" + v.Good().substr(1); }, kNoHeader},
      {"header twice alg",
       [](const Victim& v) {
         return ForgeText(R"({"alg":"none","alg":"RS256","kid":"rsa"})", GoodClaims().dump(), v.rsa, "RS256");
       },
       kNoHeader},
      {"header twice kid, once escaped",
       [](const Victim& v) {
         return ForgeText(R"({"alg":"RS256","kid":"x","k\u0069d":"rsa"})", GoodClaims().dump(), v.rsa, "RS256");
       },
       kNoHeader},
      {"header a list", [](const Victim& v) { return ForgeText("[]", GoodClaims().dump(), v.rsa, "RS256"); },
       kNoHeader},
      {"header with bytes behind",
       [](const Victim& v) {
         return ForgeText(R"({"alg":"RS256","kid":"rsa"} {})", GoodClaims().dump(), v.rsa, "RS256");
       },
       kNoHeader},
      {"claims twice sub",
       [](const Victim& v) {
         std::string claims = GoodClaims().dump();
         claims.insert(1, R"("sub":"root",)");
         return ForgeText(Header("RS256", "rsa").dump(), claims, v.rsa, "RS256");
       },
       kNoClaims},
      {"claims twice within",
       [](const Victim& v) {
         std::string claims = GoodClaims().dump();
         claims.insert(1, R"("a":[{"b":1,"b":2}],)");
         return ForgeText(Header("RS256", "rsa").dump(), claims, v.rsa, "RS256");
       },
       kNoClaims},
      {"claims without end",
       [](const Victim& v) {
         return ForgeText(Header("RS256", "rsa").dump(), "{\"a\":" + std::string(5000, '['), v.rsa, "RS256");
       },
       kNoClaims},
      {"claims too deep",
       [](const Victim& v) {
         const std::string deep = std::string(40, '[') + std::string(40, ']');
         return v.Token(Header("RS256", "rsa"), With(GoodClaims(), "a", json::parse(deep)));
       },
       kNoClaims},
      {"claims not UTF-8",
       [](const Victim& v) { return ForgeText(Header("RS256", "rsa").dump(), "{\"a\":\"\xFF\"}", v.rsa, "RS256"); },
       kNoClaims},
      {"exp beyond every number",
       [](const Victim& v) { return ForgeText(Header("RS256", "rsa").dump(), "{\"exp\":1e999}", v.rsa, "RS256"); },
       kNoClaims},
  };
  return attacks;
}

class JwtAttack : public Jwt {
 protected:
  void Repel(const std::vector<Attack>& attacks) {
    IssuerConfig issuer = TestIssuer();
    std::erase(issuer.algorithms, "RS512");
    Trust(victim_.Keys(), issuer);
    ASSERT_THAT(Verify(victim_.Good()), IsOk());

    for (const Attack& attack : attacks) {
      SCOPED_TRACE(attack.name);
      const auto verdict = Verify(attack.forge(victim_));
      ASSERT_THAT(verdict, HasCode(Code::kUnauthenticated));
      EXPECT_EQ(verdict.error().reason, "invalid_token");
      EXPECT_THAT(verdict.error().message, HasSubstr(attack.says));
    }
  }

  const Victim victim_;
};

TEST_F(JwtAttack, OnTheSignatureFails) { Repel(OnTheSignature()); }
TEST_F(JwtAttack, OnTheKeyFails) { Repel(OnTheKey()); }
TEST_F(JwtAttack, OnTheFormFails) { Repel(OnTheForm()); }

TEST_F(Jwt, JudgesTheClaims) {
  struct Row {
    const char* name;
    json claims;
    const char* says;  // nullptr: passes
  };
  const json good = GoodClaims();
  const std::vector<Row> rows{
      {"all well", good, nullptr},
      {"no iss", Without(good, "iss"), "issuer is not one"},
      {"iss a list", With(good, "iss", json::array({kIssuer})), "issuer is not one"},
      {"iss with a slash more", With(good, "iss", std::string(kIssuer) + "/"), "issuer is not one"},
      {"no aud", Without(good, "aud"), "another audience"},
      {"aud another", With(good, "aud", "gateway2"), "another audience"},
      {"aud in other case", With(good, "aud", "Gateway"), "another audience"},
      {"aud a list with ours", With(good, "aud", {"other", "gateway-admin"}), nullptr},
      {"aud a list without", With(good, "aud", {"other", 1}), "another audience"},
      {"aud an empty list", With(good, "aud", json::array()), "another audience"},
      {"aud an object", With(good, "aud", {{"gateway", "gateway"}}), "another audience"},
      {"no exp", Without(good, "exp"), "never expires"},
      {"exp a string", With(good, "exp", "1800000600"), "exp is not a possible time"},
      {"exp null", With(good, "exp", nullptr), "exp is not a possible time"},
      {"exp true", With(good, "exp", true), "exp is not a possible time"},
      {"exp negative", With(good, "exp", -1), "exp is not a possible time"},
      {"exp absurd", With(good, "exp", 1e300), "exp is not a possible time"},
      {"exp of 64 bits", With(good, "exp", UINT64_MAX), "exp is not a possible time"},
      {"exp in milliseconds", With(good, "exp", (kNowSeconds + 600) * 1000), "exp is not a possible time"},
      {"exp with a fraction", With(good, "exp", kNowSeconds + 0.5), nullptr},
      {"exp just within the skew", With(good, "exp", kNowSeconds - 59), nullptr},
      {"exp at the skew", With(good, "exp", kNowSeconds - 60), "expired"},
      {"nbf at the skew", With(good, "nbf", kNowSeconds + 60), nullptr},
      {"nbf beyond the skew", With(good, "nbf", kNowSeconds + 61), "not valid yet"},
      {"nbf a string", With(good, "nbf", "now"), "nbf is not a possible time"},
      {"iat at the skew", With(good, "iat", kNowSeconds + 60), nullptr},
      {"iat beyond the skew", With(good, "iat", kNowSeconds + 61), "not valid yet"},
      {"iat absurd", With(good, "iat", 1e18), "iat is not a possible time"},
      {"no iat", Without(good, "iat"), nullptr},
      {"no sub", Without(good, "sub"), "names no user"},
      {"sub empty", With(good, "sub", ""), "names no user"},
      {"sub a number", With(good, "sub", 7), "names no user"},
      {"sub with a line end", With(good, "sub", "a\nb"), "names no user"},
      {"sub too long", With(good, "sub", std::string(257, 'a')), "names no user"},
      {"no roles", Without(good, "roles"), nullptr},
  };
  Trust({SharedRsa().Jwk("")});
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);

    const auto verdict = VerifyClaims(row.claims);

    if (!row.says) {
      EXPECT_THAT(verdict, IsOk());
      continue;
    }
    ASSERT_THAT(verdict, HasCode(Code::kUnauthenticated));
    EXPECT_THAT(verdict.error().message, HasSubstr(row.says));
  }
}

TEST_F(Jwt, RefusesEverythingTheMomentTheSkewIsOver) {
  IssuerConfig issuer = TestIssuer();
  issuer.skew = 0ms;
  Trust({SharedRsa().Jwk("")}, issuer);

  clock_.Advance(600s - 1ms);
  EXPECT_THAT(VerifyClaims(GoodClaims()), IsOk());

  clock_.Advance(1ms);
  EXPECT_THAT(VerifyClaims(GoodClaims()), HasCode(Code::kUnauthenticated));
}

TEST_F(Jwt, MapsClaimsToWhoItIs) {
  IssuerConfig issuer = TestIssuer();
  issuer.tenant.clear();
  issuer.tenant_claim = "org.name";
  issuer.user_claim = "email";
  issuer.roles_claim = "realm_access.roles";
  issuer.role_map = {{"wayleave admins", "admin"}, {"devs", "user"}, {"ops", "user"}};
  Trust({SharedRsa().Jwk("")}, issuer);
  json claims = GoodClaims();
  claims["org"] = {{"name", "acme-2.eu"}};
  claims["email"] = "alice@example.com";
  claims["realm_access"] = {{"roles", {"devs", "nobody", 5, "ops", "wayleave admins"}}};

  const auto identity = VerifyClaims(claims);

  ASSERT_THAT(identity, IsOk());
  EXPECT_EQ(identity->tenant, "acme-2.eu");
  EXPECT_EQ(identity->user, "alice@example.com");
  EXPECT_EQ(identity->subject, "alice");
  EXPECT_THAT(identity->roles, ElementsAre("user", "admin"));
}

TEST_F(Jwt, FindsAClaimWhoseNameHasDots) {
  IssuerConfig issuer = TestIssuer();
  issuer.roles_claim = "https://acme.example/roles";
  Trust({SharedRsa().Jwk("")}, issuer);

  const auto identity = VerifyClaims(With(GoodClaims(), "https://acme.example/roles", "user  admin a/b user "));

  ASSERT_THAT(identity, IsOk());
  EXPECT_THAT(identity->roles, ElementsAre("user", "admin"));
}

TEST_F(Jwt, RefusesTenantsThatCantBeNames) {
  IssuerConfig issuer = TestIssuer();
  issuer.tenant.clear();
  issuer.tenant_claim = "org";
  Trust({SharedRsa().Jwk("")}, issuer);
  for (const json& tenant : {json("a/b"), json(""), json("a b"), json(std::string(65, 'a')), json("\u00e9"), json(1),
                             json::array({"acme"}), json()}) {
    EXPECT_THAT(VerifyClaims(With(GoodClaims(), "org", tenant)), HasCode(Code::kUnauthenticated)) << tenant;
  }
  EXPECT_THAT(VerifyClaims(GoodClaims()), HasCode(Code::kUnauthenticated));
  EXPECT_THAT(VerifyClaims(With(GoodClaims(), "org", std::string(64, 'a'))), IsOk());
}

TEST_F(Jwt, LeavesOutRolesThatCantBeNames) {
  Trust({SharedRsa().Jwk("")});
  const json roles{"ok", "no good", "", std::string(65, 'a'), nullptr, json::array({"deep"}), "a.b-c_d"};

  const auto identity = VerifyClaims(With(GoodClaims(), "roles", roles));

  ASSERT_THAT(identity, IsOk());
  EXPECT_THAT(identity->roles, ElementsAre("ok", "a.b-c_d"));
  EXPECT_THAT(VerifyClaims(With(GoodClaims(), "roles", 5))->roles, IsEmpty());
}

TEST_F(Jwt, TakesATokenWithoutKidIfOnlyOneKeyFits) {
  const SigningKey ec = SigningKey::Ec("P-256");
  Trust({SharedRsa().Jwk("a"), ec.Jwk("b")});

  EXPECT_THAT(Verify(Forge({{"alg", "ES256"}}, GoodClaims(), ec, "ES256")), IsOk());
  EXPECT_THAT(Verify(Forge({{"alg", "ES256"}}, GoodClaims(), SigningKey::Ec("P-256"), "ES256")),
              HasCode(Code::kUnauthenticated));
}

TEST_F(Jwt, NeverRepeatsWhatTheTokenSays) {
  Trust({SharedRsa().Jwk("a")});
  const json claims = With(With(GoodClaims(), "iss", "hush-issuer"), "aud", "hush-audience");

  for (const std::string& token :
       {Forge(Header("RS256", "hush-kid"), GoodClaims(), SharedRsa(), "RS256"),
        Forge(Header("RS256", "a"), claims, SharedRsa(), "RS256"),
        Forge(Header("hush-alg", "a"), claims, SharedRsa(), "RS256"),
        Forge(Header("RS256", "a"), With(GoodClaims(), "aud", "hush"), SharedRsa(), "RS256")}) {
    const auto verdict = Verify(token);
    ASSERT_THAT(verdict, HasCode(Code::kUnauthenticated));
    EXPECT_THAT(verdict.error().message, Not(HasSubstr("hush")));
  }
}

TEST_F(Jwt, ChoosesTheIssuerByTheTokenAndNeverMixesTheirKeys) {
  const SigningKey theirs = SigningKey::Ec("P-256");
  IssuerConfig first = TestIssuer();
  first.jwks_file = directory_ / "first.json";
  IssuerConfig second = TestIssuer();
  second.name = "second";
  second.issuer = "https://second.example";
  second.tenant = "second";
  second.jwks_file = directory_ / "second.json";
  std::ofstream(first.jwks_file) << JwksOf({SharedRsa().Jwk("k")});
  std::ofstream(second.jwks_file) << JwksOf({theirs.Jwk("k")});
  verifier_.emplace(std::vector{first, second}, registry_);
  ASSERT_THAT(verifier_->Start(workers_), IsOk());

  const auto mine = Verify(Forge(Header("ES256", "k"), With(GoodClaims(), "iss", second.issuer), theirs, "ES256"));
  const auto crossed = Verify(Forge(Header("ES256", "k"), GoodClaims(), theirs, "ES256"));

  ASSERT_THAT(mine, IsOk());
  EXPECT_EQ(mine->tenant, "second");
  EXPECT_THAT(crossed, HasCode(Code::kUnauthenticated));
}

TEST_F(Jwt, KnowsWhatLooksLikeAToken) {
  Trust({SharedRsa().Jwk("")});
  const TokenVerifier nobody({}, registry_);

  EXPECT_TRUE(verifier_->LooksLikeToken("eyJhbGciOiJub25lIn0.e30."));
  EXPECT_FALSE(nobody.LooksLikeToken("eyJhbGciOiJub25lIn0.e30."));
  for (const char* other : {"", "eyJ", "eyJ.a", "eyJ.a.b.c", "sk-eyJ.a.b", "wl_0123.4.5"}) {
    EXPECT_FALSE(verifier_->LooksLikeToken(other)) << other;
  }
}

TEST_F(Jwt, TellsOfAFileThatCantBeUsed) {
  IssuerConfig issuer = TestIssuer();
  issuer.jwks_file = directory_ / "missing.json";
  verifier_.emplace(std::vector{issuer}, registry_);

  const Status started = verifier_->Start(workers_);

  ASSERT_THAT(started, HasCode(Code::kUnavailable));
  EXPECT_THAT(started.error().message, HasSubstr("jwks_file of main"));
  EXPECT_THAT(VerifyClaims(GoodClaims()), HasCode(Code::kUnavailable));
}

TEST_F(Jwt, ReadsAFileAgainForAKeyThatIsNotKnown) {
  const SigningKey next = SigningKey::Ec("P-256");
  const std::string token = Forge(Header("ES256", "next"), GoodClaims(), next, "ES256");
  Trust({SharedRsa().Jwk("a")});
  std::ofstream(directory_ / "jwks.json") << JwksOf({next.Jwk("next")});

  EXPECT_THAT(Verify(token), HasCode(Code::kUnauthenticated));

  EXPECT_TRUE(Eventually([&] { return Verify(token).ok(); }));
}

// An issuer's server: answers as it is told, and remembers what it was asked for.
class FakeIssuer {
 public:
  void Answer(int status, std::string body) {
    std::lock_guard lock(mutex_);
    status_ = status;
    body_ = std::move(body);
  }
  http::Response Serve(const http::Request& request) {
    std::lock_guard lock(mutex_);
    targets_.push_back(request.target);
    http::Response response = http::Text(status_, body_);
    if (status_ == 302) response.headers.Add("Location", "/elsewhere");
    return response;
  }
  std::vector<std::string> targets() {
    std::lock_guard lock(mutex_);
    return targets_;
  }
  std::size_t served() { return targets().size(); }

 private:
  std::mutex mutex_;
  int status_ = 200;
  std::string body_;
  std::vector<std::string> targets_;
};

Task<void> AnswerFrom(FakeIssuer& issuer, http::Request& request, http::Responder& responder) {
  http::Response response = issuer.Serve(request);
  co_await responder.Send(std::move(response));
}

class JwtRotation : public http::HttpServerTest {
 protected:
  ~JwtRotation() override {
    if (verifier_) verifier_->Stop();
  }

  void ServeIssuer() {
    Serve(
        [this](http::Request& request, http::Responder& responder) { return AnswerFrom(issuer_, request, responder); });
  }
  void Start(IssuerConfig issuer = TestIssuer()) {
    issuer.jwks_url = "http://127.0.0.1:" + std::to_string(port_) + "/keys/?realm=main";
    verifier_.emplace(std::vector{issuer}, registry_);
    ASSERT_THAT(verifier_->Start(workers_), IsOk());
  }
  // With the first keys read.
  void StartWith(const std::vector<json>& keys, IssuerConfig issuer = TestIssuer()) {
    issuer_.Answer(200, JwksOf(keys));
    ServeIssuer();
    Start(std::move(issuer));
    ASSERT_TRUE(Refreshed("ok", 1));
  }
  bool Refreshed(const std::string& result, int times) {
    const std::string line = "wayleave_auth_jwks_refreshes_total{issuer=\"main\",result=\"" + result + "\"} ";
    return Eventually([&] { return Shows(line + std::to_string(times)); });
  }
  Result<TokenIdentity> Verify(const std::string& token) { return verifier_->Verify(token, clock_.Now()); }

  const SigningKey first_ = SigningKey::Ec("P-256");
  const SigningKey second_ = SigningKey::Ec("P-256");
  const std::string first_token_ = Forge(Header("ES256", "first"), GoodClaims(), first_, "ES256");
  const std::string second_token_ = Forge(Header("ES256", "second"), GoodClaims(), second_, "ES256");
  FakeClock clock_;
  FakeIssuer issuer_;
  std::optional<TokenVerifier> verifier_;
};

TEST_F(JwtRotation, AKeyThatIsNotKnownIsLookedFor) {
  StartWith({first_.Jwk("first")});
  ASSERT_THAT(Verify(first_token_), IsOk());
  issuer_.Answer(200, JwksOf({second_.Jwk("second")}));

  const auto too_early = Verify(second_token_);

  EXPECT_THAT(too_early, HasCode(Code::kUnauthenticated));
  EXPECT_TRUE(Eventually([&] { return Verify(second_token_).ok(); }));
  EXPECT_THAT(Verify(first_token_), HasCode(Code::kUnauthenticated));
  EXPECT_EQ(issuer_.targets()[1], "/keys/?realm=main");
}

TEST_F(JwtRotation, AKeyWithoutANameIsLookedForByItsSignature) {
  StartWith({first_.Jwk("")});
  issuer_.Answer(200, JwksOf({second_.Jwk("")}));
  const std::string token = Forge({{"alg", "ES256"}}, GoodClaims(), second_, "ES256");

  EXPECT_TRUE(Eventually([&] { return Verify(token).ok(); }));
}

TEST_F(JwtRotation, ABurstOfUnknownKeysIsOneRefresh) {
  StartWith({first_.Jwk("first")});

  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([this] {
      for (int n = 0; n < 25; ++n) EXPECT_THAT(Verify(second_token_), HasCode(Code::kUnauthenticated));
    });
  }
  for (std::thread& client : clients) client.join();

  ASSERT_TRUE(Refreshed("ok", 2));
  // One too many would be in the count by the time that the next one, ten seconds later, has brought its keys.
  issuer_.Answer(200, JwksOf({second_.Jwk("second")}));
  clock_.Advance(10s);
  EXPECT_TRUE(Eventually([&] { return Verify(second_token_).ok(); }));
  EXPECT_EQ(issuer_.served(), 3u);
}

TEST_F(JwtRotation, AsksAgainAfterTenSeconds) {
  StartWith({first_.Jwk("first")});
  EXPECT_THAT(Verify(second_token_), HasCode(Code::kUnauthenticated));
  ASSERT_TRUE(Refreshed("ok", 2));

  // Too early: heard, it would bring the old keys, and the next one would be ten seconds away.
  clock_.Advance(9999ms);
  EXPECT_THAT(Verify(second_token_), HasCode(Code::kUnauthenticated));

  issuer_.Answer(200, JwksOf({second_.Jwk("second")}));
  clock_.Advance(1ms);
  EXPECT_TRUE(Eventually([&] { return Verify(second_token_).ok(); }));
  EXPECT_EQ(issuer_.served(), 3u);
}

TEST_F(JwtRotation, ForgedTokensOfKnownKeysCauseNoRefresh) {
  StartWith({first_.Jwk("first")});

  for (int n = 0; n < 10; ++n) {
    const std::string forged = Forge(Header("ES256", "first"), GoodClaims(), second_, "ES256");
    EXPECT_THAT(Verify(forged), HasCode(Code::kUnauthenticated));
  }
  verifier_->Stop();

  EXPECT_EQ(issuer_.served(), 1u);
}

TEST_F(JwtRotation, KeepsTheLastGoodKeysThroughBadAnswers) {
  struct Row {
    const char* name;
    int status;
    std::string body;
    const char* result;
  };
  const std::string other = JwksOf({second_.Jwk("second")});
  const std::vector<Row> rows{
      {"500 with keys in it", 500, other, "refused"},
      {"redirect", 302, other, "refused"},
      {"no content", 204, "", "refused"},
      {"rubbish", 200, "<html>", "malformed"},
      {"nothing", 200, "", "malformed"},
      {"cut", 200, other.substr(0, other.size() - 3), "malformed"},
      {"no list", 200, "{\"keys\":{}}", "malformed"},
      {"keys twice", 200, "{\"keys\":[]," + other.substr(1), "malformed"},
      {"too large", 200, other + std::string(kMaxJwksBytes, ' '), "malformed"},
      {"too many", 200, JwksOf(std::vector(101, second_.Jwk("second"))), "malformed"},
  };
  StartWith({first_.Jwk("first")});
  std::map<std::string, int> results;
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    issuer_.Answer(row.status, row.body);
    clock_.Advance(10s);

    EXPECT_THAT(Verify(second_token_), HasCode(Code::kUnauthenticated));
    ASSERT_TRUE(Refreshed(row.result, ++results[row.result]));

    EXPECT_THAT(Verify(first_token_), IsOk());
  }
  for (const std::string& target : issuer_.targets()) EXPECT_EQ(target, "/keys/?realm=main");
}

TEST_F(JwtRotation, KeepsTheLastGoodKeysWhileNobodyAnswers) {
  StartWith({first_.Jwk("first")});
  Stop();

  EXPECT_THAT(Verify(second_token_), HasCode(Code::kUnauthenticated));
  ASSERT_TRUE(Refreshed("unreachable", 1));

  EXPECT_THAT(Verify(first_token_), IsOk());
}

TEST_F(JwtRotation, SaysToComeAgainBeforeThereWereAnyKeys) {
  issuer_.Answer(503, "");
  ServeIssuer();
  Start();
  ASSERT_TRUE(Refreshed("refused", 1)) << registry_.Render();

  const auto early = Verify(first_token_);
  ASSERT_TRUE(Refreshed("refused", 2));
  issuer_.Answer(200, JwksOf({first_.Jwk("first")}));
  clock_.Advance(10s);

  ASSERT_THAT(early, HasCode(Code::kUnavailable));
  EXPECT_EQ(early.error().retry_after, 1s);
  EXPECT_EQ(early.error().reason, "keys_unavailable");
  EXPECT_TRUE(Eventually([&] { return Verify(first_token_).ok(); }));
}

TEST_F(JwtRotation, ReadsTheKeysAgainEverySoOften) {
  IssuerConfig issuer = TestIssuer();
  issuer.refresh = 50ms;
  StartWith({first_.Jwk("first")}, issuer);
  ASSERT_THAT(Verify(first_token_), IsOk());

  issuer_.Answer(200, JwksOf({}));

  EXPECT_TRUE(Eventually([&] { return !Verify(first_token_).ok(); })) << "a withdrawn key must not be trusted";
}

TEST_F(JwtRotation, StopsWhileTheIssuerIsSilent) {
  ServeGate();
  Start();
  ASSERT_TRUE(gate_.WaitForEntry());

  verifier_->Stop();

  EXPECT_TRUE(Eventually([&] { return gate_.gone == 1; }));
  EXPECT_THAT(Verify(first_token_), HasCode(Code::kUnavailable));
}

TEST_F(JwtRotation, ShowsTheKeysAndTheirAge) {
  StartWith({first_.Jwk("first"), {{"kty", "oct"}, {"k", "AAAA"}}});

  EXPECT_TRUE(Shows("wayleave_auth_jwks_keys{issuer=\"main\",state=\"usable\"} 1"));
  EXPECT_TRUE(Shows("wayleave_auth_jwks_keys{issuer=\"main\",state=\"skipped\"} 1"));
  EXPECT_THAT(registry_.Render(), HasSubstr("wayleave_auth_jwks_age_seconds{issuer=\"main\"} "));
}

TEST(Jwks, PassesOverKeysThatCantVerify) {
  const json rsa = SharedRsa().Jwk("k");
  const json ec = SigningKey::Ec("P-256").Jwk("k");
  json moved = ec;
  std::swap(moved["x"], moved["y"]);  // not on the curve, but for one chance in 2^255
  json short_point = ec;
  short_point["x"] = Base64Url(FromBase64Url(ec["x"].get<std::string>())->substr(1));
  const std::vector<json> unfit{json(5),
                                json::object(),
                                With(rsa, "kty", "rsa"),
                                With(rsa, "n", SigningKey::Rsa(1024).Jwk("")["n"]),
                                With(rsa, "e", "AQ"),
                                With(rsa, "e", "Ag"),
                                With(rsa, "n", rsa["n"].get<std::string>() + "="),
                                Without(rsa, "n"),
                                With(rsa, "kid", 5),
                                With(rsa, "alg", "HS256"),
                                With(rsa, "alg", "ES256"),
                                With(rsa, "use", "enc"),
                                With(rsa, "key_ops", "verify"),
                                With(ec, "crv", "secp256k1"),
                                With(ec, "crv", "P-384"),
                                moved,
                                short_point,
                                {{"kty", "OKP"}, {"crv", "X25519"}, {"x", Base64Url(std::string(32, 'x'))}},
                                {{"kty", "OKP"}, {"crv", "Ed25519"}, {"x", Base64Url(std::string(31, 'x'))}}};
  for (const json& jwk : unfit) {
    const auto set = KeySet::Parse(JwksOf({rsa, jwk}));
    ASSERT_THAT(set, IsOk());
    EXPECT_EQ(set->size(), 1u) << jwk;
    EXPECT_EQ(set->skipped(), 1u) << jwk;
  }
}

TEST(Base64Url, HasOneSpellingOnly) {
  EXPECT_EQ(FromBase64Url(""), "");
  EXPECT_EQ(FromBase64Url("AA"), std::string(1, '\0'));
  EXPECT_EQ(FromBase64Url("-_8"), "\xFB\xFF");
  for (const char* text : {"A", "AB", "AAB", "AAAAA", "AA==", "A=", "+/8", "AA AA", "AAAA\n", "\xC3\xA9"}) {
    EXPECT_EQ(FromBase64Url(text), std::nullopt) << text;
  }
}

// RFC 7515 A.2 and A.3, RFC 8037 A.4: what others signed.
TEST(PublicKey, AgreesWithTheExamplesOfTheStandards) {
  struct Row {
    const char* algorithm;
    json jwk;
    std::string token;
  };
  const std::string claims =
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
  const std::vector<Row> rows{
      {"RS256",
       {{"kty", "RSA"},
        {"n",
         "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZ"
         "S-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2"
         "R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcD"
         "TW9gb54h4FRWyuXpoQ"},
        {"e", "AQAB"}},
       "eyJhbGciOiJSUzI1NiJ9." + claims +
           ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdb"
           "F9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383Lc"
           "OLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVm"
           "tVrBp0igcN_IoypGlUPQGe77Rw"},
      {"ES256",
       {{"kty", "EC"},
        {"crv", "P-256"},
        {"x", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"},
        {"y", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}},
       "eyJhbGciOiJFUzI1NiJ9." + claims +
           ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"},
      {"EdDSA",
       {{"kty", "OKP"}, {"crv", "Ed25519"}, {"x", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}},
       "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
       ".hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.algorithm);
    const auto key = PublicKey::FromJwk(row.jwk);
    ASSERT_TRUE(key);
    const auto dot = row.token.rfind('.');
    const auto signature = FromBase64Url(row.token.substr(dot + 1));
    ASSERT_TRUE(signature);

    EXPECT_TRUE(key->Verify(*FindAlgorithm(row.algorithm), row.token.substr(0, dot), *signature));
    EXPECT_FALSE(key->Verify(*FindAlgorithm(row.algorithm), row.token.substr(1, dot - 1), *signature));
  }
}

std::vector<IssuerConfig> Parse(const std::string& text) {
  return ReadIssuers(config::Document::Parse(text, "w.yaml").Child("issuers"));
}

TEST(IssuerConfig, ReadsItsSection) {
  const auto issuers = Parse(
      "issuers:\n"
      "  main:\n"
      "    issuer: https://login.example\n"
      "    audiences: [a, b]\n"
      "    jwks_url: https://login.example/keys?p=1\n"
      "    ca_file: /ca.pem\n"
      "    algorithms: [ES256, EdDSA]\n"
      "    skew: 5s\n"
      "    refresh: 1h\n"
      "    tenant_claim: org\n"
      "    user_claim: email\n"
      "    roles_claim: groups\n"
      "    role_map: {devs: user}\n"
      "  local: {issuer: me, audience: a, jwks_file: keys.json, tenant: acme}\n");

  ASSERT_EQ(issuers.size(), 2u);
  EXPECT_EQ(issuers[0].name, "main");
  EXPECT_THAT(issuers[0].audiences, ElementsAre("a", "b"));
  EXPECT_THAT(issuers[0].algorithms, ElementsAre("ES256", "EdDSA"));
  EXPECT_EQ(issuers[0].skew, 5s);
  EXPECT_EQ(issuers[0].refresh, 1h);
  EXPECT_EQ(issuers[0].tenant_claim, "org");
  EXPECT_EQ(issuers[0].user_claim, "email");
  EXPECT_EQ(issuers[0].roles_claim, "groups");
  EXPECT_EQ(issuers[0].role_map.at("devs"), "user");
  EXPECT_EQ(issuers[1].jwks_file, "keys.json");
  EXPECT_EQ(issuers[1].skew, 60s);
  EXPECT_EQ(issuers[1].algorithms, AlgorithmNames());
  EXPECT_THAT(Parse("{}"), IsEmpty());
}

TEST(IssuerConfig, RefusesWhatItDoesNotKnowOrMean) {
  struct Row {
    const char* more;  // in an issuer that is all right without it, or says the thing again
    const char* says;
  };
  const std::vector<Row> rows{
      {"issuer: i, audience: a, jwks_file: f, tenant: t, tenants: x", "unknown key"},
      {"audience: a, jwks_file: f, tenant: t", "issuer: is missing"},
      {"issuer: i, jwks_file: f, tenant: t", "is missing"},
      {"issuer: i, audience: a, audiences: b, jwks_file: f, tenant: t", "say one"},
      {"issuer: i, audience: '', jwks_file: f, tenant: t", "must not be empty"},
      {"issuer: i, audience: a, tenant: t", "exactly one of jwks_url and jwks_file"},
      {"issuer: i, audience: a, jwks_file: f, jwks_url: 'https://h/k', tenant: t", "exactly one of jwks_url"},
      {"issuer: i, audience: a, jwks_url: 'http://h/k', tenant: t", "https://"},
      {"issuer: i, audience: a, jwks_url: 'http://127.0.0.1.evil.example/k', tenant: t", "https://"},
      {"issuer: i, audience: a, jwks_url: 'https://169.254.169.254/k', tenant: t", "metadata"},
      {"issuer: i, audience: a, jwks_url: 'https://u@h/k', tenant: t", "host"},
      {"issuer: i, audience: a, jwks_url: 'https://h/k?a#b', tenant: t", "fragment"},
      {"issuer: i, audience: a, jwks_url: 'file:///etc/k', tenant: t", "http"},
      {"issuer: i, audience: a, jwks_file: f", "exactly one of tenant and tenant_claim"},
      {"issuer: i, audience: a, jwks_file: f, tenant: t, tenant_claim: c", "exactly one of tenant"},
      {"issuer: i, audience: a, jwks_file: f, tenant: 'a b'", "letters"},
      {"issuer: i, audience: a, jwks_file: f, tenant: t, algorithms: [none]", "nothing else"},
      {"issuer: i, audience: a, jwks_file: f, tenant: t, algorithms: [RS256, HS256]", "nothing else"},
      {"issuer: i, audience: a, jwks_file: f, tenant: t, algorithms: []", "must not be empty"},
      {"issuer: i, audience: a, jwks_file: f, tenant: t, skew: 301s", "to 5m"},
      {"issuer: i, audience: a, jwks_file: f, tenant: t, skew: -1s", ""},
      {"issuer: i, audience: a, jwks_file: f, tenant: t, refresh: 1s", "from 10s"},
      {"issuer: i, audience: a, jwks_file: f, tenant: t, user_claim: ''", "must not be empty"},
      {"issuer: i, audience: a, jwks_file: f, tenant: t, role_map: {a: 'b c'}", "letters"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.more);
    try {
      Parse(std::string("issuers:\n  main: {") + row.more + "}");
      ADD_FAILURE() << "was accepted";
    } catch (const config::ConfigError& error) {
      EXPECT_THAT(error.what(), HasSubstr("w.yaml:2: issuers.main"));
      EXPECT_THAT(error.what(), HasSubstr(row.says));
    }
  }
}

TEST(IssuerConfig, RefusesOneIssuerTwice) {
  const std::string rest = "{issuer: i, audience: a, jwks_file: f, tenant: t}";

  EXPECT_THROW(Parse("issuers: {a: " + rest + ", b: " + rest + "}"), config::ConfigError);
}

TEST(IssuerConfig, TakesPlainHttpOnThisMachine) {
  for (const char* host : {"localhost", "127.0.0.1", "127.8.9.1:80", "[::1]:80"}) {
    const std::string url = std::string("http://") + host + "/k";
    EXPECT_EQ(Parse("issuers: {a: {issuer: i, audience: a, jwks_url: '" + url + "', tenant: t}}").size(), 1u) << url;
  }
}

}  // namespace
}  // namespace wayleave::auth
