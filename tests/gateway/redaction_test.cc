#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "gateway/redaction/json_text.h"
#include "gateway/redaction/patterns.h"
#include "gateway/redaction/request.h"
#include "gateway/redaction/restore.h"
#include "tests/base/cpu_time.h"

namespace wayleave::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

RedactionPolicy Only(Kind kind) {
  RedactionPolicy policy;
  policy.email = kind == Kind::kEmail;
  policy.card = kind == Kind::kCard;
  policy.phone = kind == Kind::kPhone;
  policy.secrets = kind == Kind::kSecret;
  return policy;
}

RedactionPolicy All() {
  RedactionPolicy policy;
  policy.email = policy.card = policy.phone = policy.secrets = true;
  policy.custom = {{"employee", "EMP-[0-9]{6}"}};
  return policy;
}

std::vector<std::string> Found(const std::string& text, const RedactionPolicy& policy) {
  Matches matches;
  FindMatches(text, CompiledPolicy(policy), matches);
  std::vector<std::string> found;
  for (const Match& match : matches) found.push_back(text.substr(match.offset, match.length));
  return found;
}

Redacted Hide(const std::string& body, const RedactionPolicy& policy = All()) {
  return Redact(body, {}, CompiledPolicy(policy));
}

// Made here, so that no scanner of sources takes this file for a leak.
std::string Random(const std::string& prefix, std::size_t length) {
  std::string text = prefix;
  for (std::size_t i = 0; i < length; ++i) text += "a1B2c3D4e5F6g7H8i9J0kLmNoPqRsTuV"[i % 32];
  return text;
}

const std::string kAwsId = "AKIA" + std::string("IOSFODNN7EXAMPLE");
const std::string kAwsSecret = "wJalrXUtnFEMI/K7MDENG/" + std::string("bPxRfiCYEXAMPLEKEY");
const std::string kToken = "eyJhbGciOiJIUzI1NiJ9." + std::string("eyJzdWIiOiIxMjM0NSJ9.") + "dBjftJeZ4CVP-mB92K27u";
const std::string kPem = "-----BEGIN RSA " + std::string("PRIVATE KEY-----\n") + Random("", 64) + "\n" +
                         Random("", 40) + "==\n-----END RSA PRIVATE KEY-----";

struct Hit {
  Kind kind;
  std::string text;
  std::string found;
};

class FindsTest : public ::testing::TestWithParam<Hit> {};

TEST_P(FindsTest, ExactlyThis) {
  EXPECT_THAT(Found(GetParam().text, Only(GetParam().kind)), ElementsAre(GetParam().found)) << GetParam().text;
}

std::vector<Hit> Emails() {
  const std::vector<std::pair<std::string, std::string>> table = {
      {"alice@example.com", "alice@example.com"},
      {"Write to alice@example.com.", "alice@example.com"},
      {"<bob.smith@mail.example.co.uk>", "bob.smith@mail.example.co.uk"},
      {"mailto:carol+news@example.org?subject=x", "carol+news@example.org"},
      {"(dave_99@sub-domain.example.net)", "dave_99@sub-domain.example.net"},
      {"a@b.de", "a@b.de"},
      {"ERIN@EXAMPLE.COM", "ERIN@EXAMPLE.COM"},
      {"\"frank@example.io\"", "frank@example.io"},
      {"grace@example.com,", "grace@example.com"},
      {"From: Heidi <heidi@example.museum>", "heidi@example.museum"},
      {"ivan@corp.local", "ivan@corp.local"},
      {"judy@xn--bcher-kva.example", "judy@xn--bcher-kva.example"},
      {"jörg@münchen.de", "jörg@münchen.de"},
      {"user.name+tag@example.com;", "user.name+tag@example.com"},
      {"line\nmallory@example.com\nline", "mallory@example.com"},
      {"line\\nmallory@example.com\\nline", "mallory@example.com"},
      {"tab\\tniaj@example.com", "niaj@example.com"},
      {"\\u0022olivia@example.com", "olivia@example.com"},
      {"{\\\"to\\\": \\\"peggy@example.com\\\"}", "peggy@example.com"},
      {"owner=rupert@example.com&x=1", "rupert@example.com"},
      {"联系sybil@example.com吧", "sybil@example.com"},
      {"trent@example.com's", "trent@example.com"},
      {"victor@example.com/path", "victor@example.com"},
      {"walter@example.com:8080", "walter@example.com"},
      {"x1@example.travel", "x1@example.travel"},
      {"123456@qq.com", "123456@qq.com"},
      {"first-last@example.com", "first-last@example.com"},
      {"100%yes@example.com", "100%yes@example.com"},
      {"..zed@example.com", "zed@example.com"},
      {"git log --author=amy@example.com", "amy@example.com"},
      {"amy@example.com-2024", "amy@example.com"},
      {"[link](mailto:ben@example.com)", "ben@example.com"},
      {"amy@example.com\xE3\x80\x82", "amy@example.com"},
  };
  std::vector<Hit> hits;
  for (const auto& [text, found] : table) hits.push_back({Kind::kEmail, text, found});
  return hits;
}

std::vector<Hit> Cards() {
  const std::vector<std::string> numbers = {
      "4111111111111111",  "4111 1111 1111 1111", "4111-1111-1111-1111", "4012888888881881",    "4222222222222",
      "5555555555554444",  "5555 5555 5555 4444", "5105105105105100",    "2223003122003222",    "378282246310005",
      "3782 822463 10005", "371449635398431",     "6011111111111117",    "6011 1111 1111 1117", "6011000990139424",
      "30569309025904",    "3056 930902 5904",    "38520000023237",      "3530111333300000",    "3566002020360505",
      "6200000000000005",  "2200000000000004",    "4000056655665556"};
  std::vector<Hit> hits;
  for (const std::string& number : numbers) hits.push_back({Kind::kCard, "Card " + number + " please", number});
  const std::string card = "4111111111111111";
  for (const auto& [before, behind] : std::vector<std::pair<std::string, std::string>>{{"", ""},
                                                                                       {"\"", "\""},
                                                                                       {"card:", ","},
                                                                                       {"=", "&"},
                                                                                       {"\\n", "\\n"},
                                                                                       {"(", ")"},
                                                                                       {"number ", "."},
                                                                                       {"号", "号"},
                                                                                       {"\n", "\n"},
                                                                                       {"<", ">"},
                                                                                       {"\t", "\t12/27"},
                                                                                       {"[", "]"},
                                                                                       {"12 ", " 123"}}) {
    hits.push_back({Kind::kCard, before + card + behind, card});
  }
  hits.push_back({Kind::kCard, "4111 1111 1111 1111 12/27", "4111 1111 1111 1111"});
  hits.push_back({Kind::kCard, "4111 1111 1111 1111 123", "4111 1111 1111 1111"});
  return hits;
}

std::vector<Hit> Phones() {
  const std::vector<std::string> numbers = {
      "+4915112345678",   "+49 151 12345678",  "+49 (0)30 1234567", "+49-30-1234-5678", "+1 415 555 2671",
      "+1-415-555-2671",  "+1 (415) 555-2671", "+14155552671",      "+44 20 7946 0958", "+33 1 23 45 67 89",
      "+358 40 123 4567", "+41 44 668 18 00",  "+86 138 0013 8000", "+7 916 123-45-67", "+61.2.9374.4000",
      "+971 50 123 4567", "0049 151 12345678", "0041 44 668 18 00", "(415) 555-2671",   "415-555-2671",
      "415.555.2671",     "415 555 2671",      "1-415-555-2671",    "(415)555-2671",    "030 12345678",
      "(030) 12345678",   "0151-23456789",     "089/1234567",       "020 7946 0958",    "0161 496 0123",
      "01 23 45 67 89",   "06.12.34.56.78",    "015112345678",      "07911 123456"};
  std::vector<Hit> hits;
  for (const std::string& number : numbers) hits.push_back({Kind::kPhone, "Call " + number + ", please", number});
  hits.push_back({Kind::kPhone, "tel:4155552671", "4155552671"});
  hits.push_back({Kind::kPhone, "\"phone\": \"4155552671\"", "4155552671"});
  hits.push_back({Kind::kPhone, "x\\n+4915112345678\\n", "+4915112345678"});
  hits.push_back({Kind::kPhone, "Fax. 0301234567", "0301234567"});
  return hits;
}

std::vector<Hit> Secrets() {
  const std::vector<std::string> keys = {Random("sk-", 48),
                                         Random("sk-proj-", 60),
                                         Random("sk-ant-api03-", 80),
                                         "sk-" + std::string("test-1234567890abcdef"),
                                         Random("wl_", 43),
                                         Random("ghp_", 36),
                                         Random("gho_", 36),
                                         Random("ghs_", 36),
                                         Random("github_pat_", 82),
                                         Random("glpat-", 20),
                                         "xoxb-" + std::string("123456789012-1234567890123-") + Random("", 24),
                                         Random("xoxp-", 40),
                                         kAwsId,
                                         "ASIA" + std::string("IOSFODNN7EXAMPLE"),
                                         Random("AIza", 35),
                                         Random("sk_live_", 24),
                                         Random("rk_test_", 24),
                                         Random("hf_", 34),
                                         Random("npm_", 36),
                                         kToken,
                                         kPem};
  std::vector<Hit> hits;
  for (const std::string& key : keys) hits.push_back({Kind::kSecret, "Use " + key + " here", key});
  const std::vector<std::pair<std::string, std::string>> table = {
      {"Authorization: Bearer " + Random("", 32), Random("", 32)},
      {"authorization: bearer abcdef0123456789.xyz", "abcdef0123456789.xyz"},
      {"password = \"hunter2\"", "hunter2"},
      {"password=hunter22", "hunter22"},
      {"password: s3cr3t!pass", "s3cr3t!pass"},
      {"PGPASSWORD=abc12345 psql", "abc12345"},
      {"\"api_key\": \"0123abcdef\"", "0123abcdef"},
      {"{\\\"client_secret\\\":\\\"q1w2e3r4t5\\\"}", "q1w2e3r4t5"},
      {"API_KEY=abcd1234efgh", "abcd1234efgh"},
      {"export SECRET_TOKEN='a8f5f167f44f4964'", "a8f5f167f44f4964"},
      {"--token 8f14e45fceea167a5a36", "8f14e45fceea167a5a36"},
      {"access_token=ya29abc123def&x=y", "ya29abc123def"},
      {"x-api-key: 8f14e45fceea167a5a36dedd4bea2543", "8f14e45fceea167a5a36dedd4bea2543"},
      {"AccountKey=" + Random("", 86) + "==;EndpointSuffix=x", Random("", 86) + "=="},
      {"aws_secret_access_key = " + kAwsSecret, kAwsSecret},
      {"postgres://app:hunter2@db.internal:5432/x", "hunter2"},
      {"redis://:p4ssw0rd@cache:6379", "p4ssw0rd"},
      {"private_key='0x4c0883a69102937d6231471b'", "0x4c0883a69102937d6231471b"},
      {"\\n" + Random("ghp_", 36) + "\\n", Random("ghp_", 36)},
      {"pwd: \"Tr0ub4dor&3\"", "Tr0ub4dor&3"},
      {"passphrase=\"x9#kk2\"", "x9#kk2"},
      {"apikey=0a1b2c3d4e", "0a1b2c3d4e"},
      {"signingKey: \"deadbeef0badf00d\"", "deadbeef0badf00d"},
      {"-----BEGIN " + std::string("PRIVATE KEY-----\n") + Random("", 64) + "\n" + Random("", 30) + " and so on",
       "-----BEGIN " + std::string("PRIVATE KEY-----\n") + Random("", 64) + "\n" + Random("", 30)},
  };
  for (const auto& [text, found] : table) hits.push_back({Kind::kSecret, text, found});
  return hits;
}

INSTANTIATE_TEST_SUITE_P(Email, FindsTest, ::testing::ValuesIn(Emails()));
INSTANTIATE_TEST_SUITE_P(Card, FindsTest, ::testing::ValuesIn(Cards()));
INSTANTIATE_TEST_SUITE_P(Phone, FindsTest, ::testing::ValuesIn(Phones()));
INSTANTIATE_TEST_SUITE_P(Secret, FindsTest, ::testing::ValuesIn(Secrets()));

struct Miss {
  Kind kind;
  std::string text;
};

class PassesTest : public ::testing::TestWithParam<Miss> {};

TEST_P(PassesTest, NothingIsFound) {
  EXPECT_THAT(Found(GetParam().text, Only(GetParam().kind)), ElementsAre()) << GetParam().text;
}

std::vector<Miss> Misses(Kind kind, const std::vector<std::string>& texts) {
  std::vector<Miss> misses;
  for (const std::string& text : texts) misses.push_back({kind, text});
  return misses;
}

// What no kind may take for its own.
std::vector<Miss> Harmless() {
  const std::vector<std::string> texts = {
      "550e8400-e29b-41d4-a716-446655440000",
      "12345678-1234-1234-1234-123456789012",
      "2024-01-15T10:30:00.123456Z",
      "2024-01-15 10:30:00,123 INFO",
      "20240115103000",
      "1718000000",
      "1718000000000",
      "1718000000123456789",
      "e83c5163316f89bfbde7d9ab23ca2a4c0a6b0a11",
      "commit 4b825dc642cb6eb9a060e54bf8d69288fbee4904",
      "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
      "0x4111111111111111",
      "v1.22.333-rc.4444+build.5678901234",
      "linux 4.15.0-213-generic",
      "192.168.100.200:8080",
      "10.0.0.1 255.255.255.0",
      "fe80::1ff:fe23:4567:890a",
      "01:23:45:67:89:ab",
      "01-02-03-04-05-06",
      "$1,234,567,890.12",
      "EUR 1.234.567.890,12",
      "3.14159265358979323846",
      "ISBN 978-3-16-148410-0",
      "call_a1B2c3D4e5F6g7H8",
      "resp_0123456789abcdef0123456789abcdef",
      "@@ -123,45 +678,90 @@ int main()",
      "for (int i = 0; i < 1000000000; ++i) sum += a[i];",
      "const std::size_t kMax = 18446744073709551615u;",
      "00 01 02 03 04 05 06 07 08 09 0a",
      "float x = 1.0e-10f + 123456789.0f;",
      "GET /v1/items/4155552671/parts HTTP/1.1",
      "#1234567890",
      "max_tokens: 4096, total_tokens: 123456",
      "timezone +0200, GMT+02:00",
      "2024/01/15 2024/02/16 2024/03/17",
      "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16",
      "SELECT * FROM t WHERE id IN (1001, 1002, 1003, 1004, 1005)",
      "latitude 52.520008, longitude 13.404954",
      "[EMAIL_1] and [CARD_2]",
  };
  std::vector<Miss> misses;
  for (const Kind kind : {Kind::kEmail, Kind::kCard, Kind::kPhone, Kind::kSecret}) {
    for (const std::string& text : texts) misses.push_back({kind, text});
  }
  return misses;
}

INSTANTIATE_TEST_SUITE_P(Harmless, PassesTest, ::testing::ValuesIn(Harmless()));

INSTANTIATE_TEST_SUITE_P(Email, PassesTest,
                         ::testing::ValuesIn(Misses(Kind::kEmail, {"git@github.com:owner/repo.git",
                                                                   "ssh://git@github.com/owner/repo",
                                                                   "npm i react@18.2.0",
                                                                   "lodash@4.17.21",
                                                                   "@types/node@20.1.0",
                                                                   "pkg@1.0.0-alpha.beta",
                                                                   "logo@2x.png",
                                                                   "icon@3x.webp",
                                                                   "getty@tty1.service",
                                                                   "q@k.transpose(-2, -1)",
                                                                   "a@b",
                                                                   "user@localhost",
                                                                   "@decorator",
                                                                   "@app.route('/')",
                                                                   "x @ y.z",
                                                                   "a@.com",
                                                                   "@",
                                                                   "a@b.c",
                                                                   "foo@bar.1",
                                                                   "java.lang.Object@1b2c3d",
                                                                   "twitter @someone",
                                                                   "a@@b.com",
                                                                   "image@sha256:9f86d0",
                                                                   "docker pull repo/app@sha256:0123.45",
                                                                   "me@",
                                                                   "me@-x.",
                                                                   "w@h.weight[0]",
                                                                   "user@host.123",
                                                                   "${user}@${host}.com",
                                                                   "%@",
                                                                   "\\n@x.com",
                                                                   "https://user@host.example/"})));

INSTANTIATE_TEST_SUITE_P(Card, PassesTest,
                         ::testing::ValuesIn(Misses(Kind::kCard, {"4111111111111112",
                                                                  "4111 1111 1111 1112",
                                                                  "4111-1111 1111-1111",
                                                                  "41111111111111111111",
                                                                  "411111111111",
                                                                  "a4111111111111111",
                                                                  "4111111111111111b",
                                                                  "x_4111111111111111",
                                                                  "0.4111111111111111",
                                                                  "4111111111111111.5",
                                                                  "/4111111111111111/",
                                                                  "1111111111111117",
                                                                  "9999999999999995",
                                                                  "id-4111111111111111",
                                                                  "4111111111111111-2",
                                                                  "4111  1111  1111  1111",
                                                                  "4111.1111.1111.1111",
                                                                  "41 11 11 11 11 11 11 11",
                                                                  "$4111111111111111",
                                                                  "7000000000000005",
                                                                  "0000000000000000",
                                                                  "4111111111111111%",
                                                                  "4111111111111111_1",
                                                                  "+4111111111111111",
                                                                  "deadbeef4111111111111111",
                                                                  "411111111111111141111111111111114111111111111111",
                                                                  "0004111111111111111",
                                                                  "5655555555554444",
                                                                  "4111/1111/1111/1111",
                                                                  "4111\n1111\n1111\n1111"})));

INSTANTIATE_TEST_SUITE_P(Phone, PassesTest,
                         ::testing::ValuesIn(Misses(Kind::kPhone, {"4155552671",
                                                                   "115-555-2671",
                                                                   "415-55-2671",
                                                                   "4155-555-2671",
                                                                   "415-555-26711",
                                                                   "a415-555-2671",
                                                                   "id-415-555-2671",
                                                                   "415-555-2671-9",
                                                                   "123-45-6789",
                                                                   "100 200 3000",
                                                                   "555 123 4567",
                                                                   "+0123456789",
                                                                   "+12345",
                                                                   "1.0.0+20130313144700",
                                                                   "x+4915112345678",
                                                                   "+1234567890123456",
                                                                   "2024-01-15",
                                                                   "15.01.2024 10:30",
                                                                   "010 011 012 013",
                                                                   "0123",
                                                                   "0001234567",
                                                                   "01 02 03 04 05 06",
                                                                   "001 002 003",
                                                                   "3.141.592.6535",
                                                                   "+999",
                                                                   "99.123.456.789",
                                                                   "a(415) 555-2671",
                                                                   "0x0301234567",
                                                                   "(123) 456",
                                                                   "1-2-3-4-5-6-7-8-9-10",
                                                                   "0.123 4567890",
                                                                   "4111 1111 1111 1111",
                                                                   "+4915112345678abc"})));

INSTANTIATE_TEST_SUITE_P(Secret, PassesTest,
                         ::testing::ValuesIn(Misses(Kind::kSecret,
                                                    {"task-based-scheduling-of-things",
                                                     "sk-toggleable__content-arrow",
                                                     "sk-learn",
                                                     "risk-1234567890123456789012345",
                                                     "wl_surface",
                                                     "wl_display_connect_to_fd",
                                                     "ghp_short",
                                                     "high_school",
                                                     "xoxo-love",
                                                     "AKIAshort",
                                                     "BASIC",
                                                     "AKIAIOSFODNN7EXAMPLEX1",
                                                     "AIzawa",
                                                     "eyJhbGciOi",
                                                     "eyJ.eyJ.x",
                                                     "-----BEGIN CERTIFICATE-----\nMIIB\n",
                                                     "-----BEGIN PUBLIC KEY-----\nMIIB\n",
                                                     "The file begins with -----BEGIN PRIVATE KEY----- and so on.",
                                                     "-------------------",
                                                     "Bearer token",
                                                     "the bearer of this letter",
                                                     "password: required",
                                                     "password = getpass()",
                                                     "password = os.environ[\"X\"]",
                                                     "\"password\": \"Enter your password\"",
                                                     "password: str",
                                                     "token = get_token(user1)",
                                                     "apiKey: process.env.KEY",
                                                     "token: Uint8Array",
                                                     "secret=${SECRET_1}",
                                                     "password=<your-password-1>",
                                                     "API_KEY=YOUR_API_KEY_2",
                                                     "api_key: \"{{ api_key2 }}\"",
                                                     "token_count: 12345678",
                                                     "\"token\": \"string\"",
                                                     "if password == None:",
                                                     "type=\"password\" name=\"a1\"",
                                                     "secretary: Alice1234567890ab",
                                                     "public_key=abc12345",
                                                     "tokenizer = AutoTokenizer.from_pretrained(m)",
                                                     "https://example.com:8080/a@b",
                                                     "password_hash(x1)",
                                                     "keyboard: qwerty1234567890",
                                                     "token = self.token2.value"})));

TEST(Patterns, JoinsWhatOverlaps) {
  const std::string text = "password=\"alice1@example.com\"";

  EXPECT_THAT(Found(text, All()), ElementsAre("alice1@example.com"));
}

TEST(Patterns, FindsAwsSecretNearItsId) {
  EXPECT_THAT(Found(kAwsId + "," + kAwsSecret, All()), ElementsAre(kAwsId, kAwsSecret));
}

TEST(Patterns, CustomOnesLeaveEscapesWhole) {
  RedactionPolicy policy;
  policy.custom = {{"word", "[a-z]+[0-9]+"}};

  EXPECT_THAT(Found("x\\nabc12", policy), ElementsAre("abc12"));
}

TEST(Policy, IsRead) {
  const auto section =
      config::Document::Parse("kinds: [email, secrets]\npatterns: {employee: \"EMP-[0-9]{6}\"}\nrestore: false\n");

  const RedactionPolicy policy = ReadRedaction(section);

  EXPECT_TRUE(policy.email && policy.secrets && !policy.card && !policy.phone && !policy.restore);
  EXPECT_EQ(policy.custom, (std::vector<RedactionPolicy::Custom>{{"employee", "EMP-[0-9]{6}"}}));
  EXPECT_EQ(CompiledPolicy(policy).Label(CustomKind(0)), "EMPLOYEE");
  EXPECT_FALSE(ReadRedaction(config::Document::Parse("{}")).enabled());
}

TEST(Policy, FaultsNameTheirPlace) {
  for (const auto& [text, problem] : std::vector<std::pair<std::string, std::string>>{
           {"kinds: [emial]", "<inline>:1: kinds[0]: must be one of"},
           {"restore: true\npatterns:\n  bad: \"[a\"", "<inline>:3: patterns.bad: is no regular expression"},
           {"patterns: {empty: \"a*\"}", "fits an empty text"},
           {"patterns: {email: \"a\"}", "name that is taken"},
           {"patterns: {9a: \"a\"}", "must be named"},
           {"kind: [email]", "did you mean `kinds`?"}}) {
    try {
      ReadRedaction(config::Document::Parse(text));
      ADD_FAILURE() << text;
    } catch (const config::ConfigError& error) {
      EXPECT_THAT(error.what(), HasSubstr(problem));
    }
  }
}

TEST(Redact, ReplacesValuesAndLeavesTheRest) {
  const std::string body =
      R"({ "model":"gpt", "input" : [{"role":"user","content":"I am a@b.de, he is c@d.de; a@b.de"}], "x": 1.50})";

  const Redacted redacted = Hide(body);

  EXPECT_EQ(
      redacted.body,
      R"({ "model":"gpt", "input" : [{"role":"user","content":"I am [EMAIL_1], he is [EMAIL_2]; [EMAIL_1]"}], "x": 1.50})");
  EXPECT_EQ(*redacted.placeholders.Find("[EMAIL_2]"), "c@d.de");
  EXPECT_THAT(redacted.counts, ElementsAre(3, 0, 0, 0, 0));
}

TEST(Redact, HandsBackWhatHoldsNothing) {
  const std::string body = R"({"model":"gpt","input":"Hello \u00e4 123"})";

  const Redacted redacted = Redact(body, {9, 5}, CompiledPolicy(All()));

  EXPECT_EQ(redacted.body, body);
  EXPECT_EQ(redacted.model_offset, 9u);
  EXPECT_TRUE(redacted.placeholders.empty());
}

TEST(Redact, MovesTheModelsPlace) {
  const std::string body = R"({"input":"alice.long.address@example.com","model":"gpt","user":"b@c.de"})";
  const std::size_t place = body.find("\"gpt\"");

  const Redacted redacted = Redact(body, {place, 5}, CompiledPolicy(All()));

  EXPECT_EQ(redacted.body.substr(redacted.model_offset, redacted.model_length), "\"gpt\"");
}

TEST(Redact, LeavesAloneWhatProtocolsNeed) {
  const std::string file(200, 'A');
  const std::string body =
      R"({"model":"a@b.de","id":"a@b.de","c@d.de":1,"encrypted_content":"a@b.de","signature":"a@b.de",)"
      R"("image_url":"data:image/png;base64,4111111111111111","type":"a@b.de","data":"4111111111111111/)" +
      file + R"(","n":4111111111111111})";

  EXPECT_EQ(Hide(body).body, body);
}

TEST(Redact, LooksIntoDataThatIsNoFile) {
  EXPECT_EQ(Hide(R"({"data":"mail a@b.de","url":"data:text/plain,a@b.de"})").body,
            R"({"data":"mail [EMAIL_1]","url":"data:text/plain,[EMAIL_1]"})");
}

TEST(Redact, LooksIntoWhatToolsAreCalledWith) {
  EXPECT_EQ(
      Hide(
          R"({"content":[{"type":"tool_use","id":"x","input":{"id":"a@b.de","password":"hunter2","n":[{"type":"c@d.de"}]}},{"id":"e@f.de"}]})")
          .body,
      R"({"content":[{"type":"tool_use","id":"x","input":{"id":"[EMAIL_1]","password":"[SECRET_1]","n":[{"type":"[EMAIL_2]"}]}},{"id":"e@f.de"}]})");
}

TEST(Redact, SeesThroughEscapes) {
  EXPECT_EQ(Hide(R"({"a":"x\n\u0061lice\u0040b.de\t\ud83d\ude00 c@d.de \ud800"})").body,
            R"({"a":"x\n[EMAIL_1]\t\ud83d\ude00 [EMAIL_2] \ud800"})");
}

TEST(Redact, SeesThroughArguments) {
  const std::string arguments = nlohmann::json({{"to", "a@b.de"}, {"key", kPem}}).dump();
  const std::string body = nlohmann::json({{"arguments", arguments}}).dump();

  const Redacted redacted = Hide(body);

  EXPECT_EQ(nlohmann::json::parse(redacted.body)["arguments"], R"({"key":"[SECRET_1]","to":"[EMAIL_1]"})");
  EXPECT_EQ(*redacted.placeholders.Find("[SECRET_1]"), kPem);
  EXPECT_EQ(
      nlohmann::json::parse(nlohmann::json::parse(Restorer(redacted.placeholders).Document(redacted.body))["arguments"]
                                .get<std::string>()),
      nlohmann::json::parse(arguments));
}

TEST(Redact, FindsKeysOfServiceAccounts) {
  const std::string file = nlohmann::json({{"type", "service_account"}, {"private_key", kPem}}).dump();

  EXPECT_THAT(Hide(nlohmann::json({{"output", file}}).dump()).body, HasSubstr(R"(\"private_key\":\"[SECRET_1]\")"));
}

TEST(Redact, ChoosesNumbersThatTheClientDidNotUse) {
  const Redacted redacted = Hide(R"({"input":"[EMAIL_1] is not a@b.de"})");

  EXPECT_EQ(redacted.body, R"({"input":"[EMAIL_1] is not [EMAIL_2]"})");
  EXPECT_EQ(Restorer(redacted.placeholders).Document(redacted.body), R"({"input":"[EMAIL_1] is not a@b.de"})");
}

TEST(Redact, KeepsNumbersOverTurnsWhereNothingIsRestored) {
  RedactionPolicy policy = All();
  policy.restore = false;

  EXPECT_EQ(Hide(R"({"input":["a@b.de","Hello [EMAIL_1]"]})", policy).body,
            R"({"input":["[EMAIL_1]","Hello [EMAIL_1]"]})");
}

TEST(Redact, LongerConversationsBeginAlike) {
  const std::string first = Hide(R"({"input":["a@b.de","+49 151 12345678"]})").body;
  const std::string second = Hide(R"({"input":["a@b.de","+49 151 12345678","c@d.de a@b.de"]})").body;

  EXPECT_EQ(second.substr(0, first.size() - 2), first.substr(0, first.size() - 2));
}

TEST(Redact, TakesWhatIsNoJsonAsText) {
  EXPECT_EQ(Hide("hello a@b.de").body, "hello [EMAIL_1]");
  EXPECT_EQ(Hide("{\"a\":\"a@b.de").body, "{\"a\":\"[EMAIL_1]");
  EXPECT_EQ(Hide("{\"a\":\"a@b.de\", oops").body, "{\"a\":\"[EMAIL_1]\", oops");
  EXPECT_EQ(RedactText("\"a\": c@d.de", CompiledPolicy(All())).body, "\"a\": [EMAIL_1]");
  EXPECT_EQ(Hide("").body, "");
  EXPECT_EQ(Hide(std::string(100000, '[')).body.size(), 100000u);
}

// Random documents: JSON stays JSON, nothing found is left, and the values come back.
class Documents {
 public:
  explicit Documents(unsigned seed) : random_(seed) {}

  nlohmann::json Make(int depth) {
    switch (Below(depth > 0 ? 6 : 3)) {
      case 0:
        return Text();
      case 1:
        return Text() + Text();
      case 2:
        return Below(1000);
      case 3:
        return {{"arguments", nlohmann::json({{"a", Text()}, {"b", Text()}}).dump()}, {"text", Text()}};
      case 4:
        return nlohmann::json::array({Make(depth - 1), Make(depth - 1)});
      default:
        return {{"content", Make(depth - 1)}, {"input", {{"password", Text()}}}, {"id", "call_1"}};
    }
  }

  static const std::vector<std::string>& Found() {
    static const std::vector<std::string> found = {
        "a.b@example.com", "ü@example.de", "4111 1111 1111 1111", "+49 151 12345678", kPem,
        Random("sk-", 30), kToken,         "EMP-123456"};
    return found;
  }

 private:
  std::string Text() {
    static const std::vector<std::string> words = {" ", "\n", "\"",         "\\", "word ", "é", "😀",
                                                   "[", "] ", "[EMAIL_1] ", "\t", "/",     "{", "\x01"};
    std::string text;
    for (int i = Below(8); i > 0; --i) {
      text += words[static_cast<std::size_t>(Below(static_cast<int>(words.size())))];
      if (Below(3) == 0) text += " " + Found()[static_cast<std::size_t>(Below(static_cast<int>(Found().size())))] + " ";
    }
    return text;
  }

  int Below(int n) { return std::uniform_int_distribution<int>(0, n - 1)(random_); }

  std::mt19937 random_;
};

// Arguments are compared as the JSON they are.
nlohmann::json Opened(const nlohmann::json& value) {
  nlohmann::json opened = value;
  for (auto& [key, member] : opened.items()) {
    if (value.is_object() && key == "arguments") {
      member = nlohmann::json::parse(member.get<std::string>());
    } else if (member.is_structured()) {
      member = Opened(member);
    }
  }
  return opened;
}

TEST(Redact, IsUndoneByRestoring) {
  for (unsigned seed = 0; seed < 2000; ++seed) {
    const nlohmann::json document = nlohmann::json::array({Documents(seed).Make(4)});
    const std::string body = document.dump(-1, ' ', seed % 2 == 0);

    const Redacted redacted = Hide(body);

    ASSERT_TRUE(nlohmann::json::accept(redacted.body)) << body << "\n" << redacted.body;
    const std::string restored = Restorer(redacted.placeholders).Document(redacted.body);
    ASSERT_TRUE(nlohmann::json::accept(restored)) << restored;
    ASSERT_EQ(Opened(nlohmann::json::parse(restored)), Opened(document)) << redacted.body;
    for (const std::string& value : Documents::Found()) {
      const std::string once = EscapeJson(value);
      ASSERT_THAT(redacted.body, Not(HasSubstr(value)));
      ASSERT_THAT(redacted.body, Not(HasSubstr(once)));
      ASSERT_THAT(redacted.body, Not(HasSubstr(EscapeJson(once))));
    }
  }
}

TEST(Json, TextsAreDecodedAndEscaped) {
  std::string text;
  DecodeJson(R"(a\"\\\/\b\f\n\r\t\u00e4\ud83d\ude00\udc00\q\u12)", text);

  EXPECT_EQ(text, "a\"\\/\b\f\n\r\tä😀\xEF\xBF\xBD\\q\\u12");
  EXPECT_EQ(EscapeJson("a\"\\/\b\f\n\r\t\x01ä"), "a\\\"\\\\/\\b\\f\\n\\r\\t\\u0001ä");
}

std::string Times(const std::string& text, std::size_t bytes) {
  std::string all;
  while (all.size() < bytes) all += text;
  return all;
}

// The fastest of three, in milliseconds.
double CostOf(const std::string& body, const CompiledPolicy& policy) {
  double best = 1e9;
  for (int i = 0; i < 3; ++i) {
    Redacted redacted;
    best = std::min(best, 1e3 * testing::CpuSecondsOf([&] { redacted = Redact(body, {}, policy); }));
    EXPECT_GE(redacted.body.size(), 1u);
  }
  return best;
}

class CostTest : public ::testing::TestWithParam<std::string> {};

// Eight times the text in much less than the sixty-four times that a square would take.
TEST_P(CostTest, IsLinear) {
  const CompiledPolicy policy(All());
  const double small = CostOf("{\"a\":\"" + Times(GetParam(), 128 << 10) + "\"}", policy);
  const double large = CostOf("{\"a\":\"" + Times(GetParam(), 1 << 20) + "\"}", policy);

  EXPECT_LT(large, small * 24 + 20) << small << " ms, then " << large << " ms";
}

INSTANTIATE_TEST_SUITE_P(
    Adversaries, CostTest,
    ::testing::Values("@", "1", "-", "[", "a@", "a.", "a@a.", "1 ", "4111 ", "1-", "+1", "+49 ", "(0", "eyJ",
                      "eyJaaaaaaaaaaaa.eyJaaaaaaa.", "sk-", "sk-1", "-----BEGIN PRIVATE KEY-----",
                      "-----BEGIN PRIVATE KEY-----AAAAAAAAAAAAAAAAAAAAAAAAA ", "token=", "token=a1", "password=\\\"",
                      "token='x1", "_ke", "AKIAIOSFODNN7EXAMPLE ", "bearer ", "\\\\", "\\\\n", "\\u0040", "\\\"",
                      "://a:b@", ":a", "[EMAIL_1]", "a@b.de ", "x@y.z\\n", "EMP-12345", "\xC3\xA4@"));

TEST(Patterns, TextWithNothingToFindIsFast) {
  const CompiledPolicy policy([] {
    RedactionPolicy all = All();
    all.custom.clear();
    return all;
  }());
  const std::string text =
      "{\"role\":\"user\",\"content\":\"The quick brown fox jumps over the lazy dog; then it returns 42 to its "
      "caller.\\n\"},";
  const std::string body = "[" + Times(text, 8 << 20) + "1]";

  const double took = CostOf(body, policy);

  RecordProperty("megabytes_per_second", static_cast<int>(8.4e3 / took));
  EXPECT_LT(took, 1000) << "a sanitizer's build is slow, but not so slow";
}

}  // namespace
}  // namespace wayleave::gateway
