// Credentials, cross-origin rules and cost: the small pure parts of the gateway.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>

#include "gateway/cors.h"
#include "gateway/cost.h"
#include "gateway/credentials.h"

namespace wayleave::gateway {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

using Lines = std::vector<std::pair<std::string, std::string>>;

http::HeaderList Headers(const Lines& lines) {
  http::HeaderList headers;
  for (const auto& [name, value] : lines) headers.Add(name, value);
  return headers;
}

struct CredentialCase {
  const char* name;
  Lines headers;
  const char* key;
};

class CredentialTest : public ::testing::TestWithParam<CredentialCase> {};

TEST_P(CredentialTest, IsFound) { 
  http::Request request;
  request.headers = Headers(GetParam().headers);
  EXPECT_EQ(CredentialOf(request).api_key(), GetParam().key);
; }

INSTANTIATE_TEST_SUITE_P(
    All, CredentialTest,
    ::testing::ValuesIn(std::vector<CredentialCase>{
        {"None", {}, ""},
        {"Bearer", {{"authorization", "Bearer wl_1"}}, "wl_1"},
        {"BearerInSmallLetters", {{"authorization", "bearer wl_1"}}, "wl_1"},
        {"MoreSpaces", {{"authorization", "Bearer   wl_1"}}, "wl_1"},
        {"BearerOfNothing", {{"authorization", "Bearer "}}, ""},
        {"BearerOfSpaces", {{"authorization", "Bearer    "}}, ""},
        {"NoSpace", {{"authorization", "Bearerwl_1"}}, ""},
        {"Basic", {{"authorization", "Basic wl_1"}}, ""},
        {"XApiKey", {{"x-api-key", "wl_2"}}, "wl_2"},
        {"ApiKey", {{"api-key", "wl_3"}}, "wl_3"},
        {"BearerWins", {{"api-key", "wl_3"}, {"x-api-key", "wl_2"}, {"authorization", "Bearer wl_1"}}, "wl_1"},
        {"XApiKeyBeforeApiKey", {{"api-key", "wl_3"}, {"x-api-key", "wl_2"}}, "wl_2"},
        {"BasicBesideAKey", {{"authorization", "Basic x"}, {"x-api-key", "wl_2"}}, "wl_2"},
    }),
    [](const auto& test) { return std::string(test.param.name); });

TEST(MayTravelTest, SecretsAndWhatConcernsThisHopStay) {
  for (const char* name : {"accept",
                           "accept-encoding",
                           "api-key",
                           "authorization",
                           "connection",
                           "content-encoding",
                           "content-length",
                           "content-type",
                           "cookie",
                           "expect",
                           "forwarded",
                           "host",
                           "keep-alive",
                           "origin",
                           "proxy-authorization",
                           "proxy-connection",
                           "te",
                           "trailer",
                           "transfer-encoding",
                           "upgrade",
                           "x-api-key",
                           "x-provider"}) {
    EXPECT_FALSE(MayTravel(name)) << name;
  }
}

TEST(MayTravelTest, TheRestGoesToTheProviderServiceWhichChooses) {
  for (const char* name :
       {"a", "x-request-id", "user-agent", "openai-organization", "session-id", "zzz", "cookies", "hos"}) {
    EXPECT_TRUE(MayTravel(name)) << name;
  }
}

http::Request Asking(const std::string& method, const Lines& headers) {
  http::Request request;
  request.method = method;
  request.headers = Headers(headers);
  return request;
}

http::HeaderList Decorated(const Cors& cors, const Lines& headers) {
  http::HeaderList answer;
  cors.Decorate(Asking("POST", headers), answer);
  return answer;
}

TEST(CorsTest, WithoutOriginsThereIsNothing) {
  const Cors off({});

  EXPECT_TRUE(Decorated(off, {{"origin", "https://a.example"}}).entries().empty());
  EXPECT_FALSE(
      off.Preflight(Asking("OPTIONS", {{"origin", "https://a.example"}, {"access-control-request-method", "POST"}})));
}

TEST(CorsTest, OnlyConfiguredOriginsMayRead) {
  const Cors cors({"https://a.example", "https://b.example"});

  EXPECT_EQ(Decorated(cors, {{"origin", "https://b.example"}}).Get("access-control-allow-origin"), "https://b.example");
  EXPECT_THAT(std::string(Decorated(cors, {{"origin", "https://a.example"}}).Get("access-control-expose-headers")),
              HasSubstr("x-request-id"));
  for (const char* origin : {"https://a.example.evil", "http://a.example", "https://a.example:8443", "null", ""}) {
    const http::HeaderList headers = Decorated(cors, {{"origin", origin}});
    EXPECT_FALSE(headers.Has("access-control-allow-origin")) << origin;
    EXPECT_EQ(headers.Get("vary"), "Origin") << origin;
  }
}

TEST(CorsTest, AStarLetsEveryOriginReadAndNamesIt) {
  const Cors cors({"*"});

  EXPECT_EQ(Decorated(cors, {{"origin", "https://x.example"}}).Get("access-control-allow-origin"), "https://x.example");
  EXPECT_FALSE(Decorated(cors, {}).Has("access-control-allow-origin"));
}

TEST(CorsTest, APreflightIsAnsweredWithWhatWasAskedFor) {
  const Cors cors({"https://a.example"});

  const auto answer = cors.Preflight(Asking("OPTIONS", {{"origin", "https://a.example"},
                                                        {"access-control-request-method", "POST"},
                                                        {"access-control-request-headers", "authorization, x-b"}}));

  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 204);
  EXPECT_THAT(std::string(answer->headers.Get("access-control-allow-methods")), HasSubstr("POST"));
  EXPECT_EQ(answer->headers.Get("access-control-allow-headers"), "authorization, x-b");
}

TEST(CorsTest, WhatIsNoPreflightIsNotAnsweredAsOne) {
  const Cors cors({"https://a.example"});

  EXPECT_FALSE(cors.Preflight(Asking("OPTIONS", {{"origin", "https://a.example"}})));
  EXPECT_FALSE(
      cors.Preflight(Asking("POST", {{"origin", "https://a.example"}, {"access-control-request-method", "POST"}})));
  EXPECT_FALSE(
      cors.Preflight(Asking("OPTIONS", {{"origin", "https://b.example"}, {"access-control-request-method", "POST"}})));
}

struct CostCase {
  const char* name;
  std::int64_t input, cached, output;
  std::int64_t cost;
};

class CostTest : public ::testing::TestWithParam<CostCase> {};

// 1.25 dollars for a million input tokens, 0.125 cached, 10 for output.
TEST_P(CostTest, IsRoundedUpToABillionth) {
  router::v1::Price price;
  price.set_input(1'250'000'000);
  price.set_cached_input(125'000'000);
  price.set_output(10'000'000'000);
  provider::v1::Usage usage;
  usage.set_input_tokens(GetParam().input);
  usage.set_cached_input_tokens(GetParam().cached);
  usage.set_output_tokens(GetParam().output);

  EXPECT_EQ(CostOf(usage, price), GetParam().cost);
}

INSTANTIATE_TEST_SUITE_P(
    All, CostTest,
    ::testing::Values(CostCase{"Nothing", 0, 0, 0, 0}, CostCase{"Input", 1'000'000, 0, 0, 1'250'000'000},
                      CostCase{"AllCached", 1'000'000, 1'000'000, 0, 125'000'000},
                      CostCase{"PartCached", 1000, 600, 10, 400 * 1250 + 600 * 125 + 10 * 10000},
                      CostCase{"MoreCachedThanInput", 100, 5000, 0, 100 * 125},
                      CostCase{"NegativeCached", 100, -5, 0, 100 * 1250},
                      CostCase{"Beyond64BitsInBetween", 10'000'000'000'000, 0, 0, 12'500'000'000'000'000}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(CostOfTest, APartOfABillionthIsAWholeOne) {
  router::v1::Price price;
  price.set_input(1);
  provider::v1::Usage usage;
  usage.set_input_tokens(1);

  EXPECT_EQ(CostOf(usage, price), 1);
}

router::v1::Price PriceOf(std::int64_t input, std::int64_t cached, std::int64_t output, std::int64_t request = 0,
                          std::int64_t image = 0) {
  router::v1::Price price;
  price.set_input(input);
  price.set_cached_input(cached);
  price.set_output(output);
  price.set_request(request);
  price.set_image(image);
  return price;
}

provider::v1::Usage UsageOf(std::int64_t input, std::int64_t cached, std::int64_t output, std::int64_t reasoning) {
  provider::v1::Usage usage;
  usage.set_input_tokens(input);
  usage.set_cached_input_tokens(cached);
  usage.set_output_tokens(output);
  usage.set_reasoning_tokens(reasoning);
  return usage;
}

TEST(CostOfTest, ReasoningIsAPartOfTheOutputWithAPriceOfItsOwnIfItHasOne) {
  router::v1::Price price = PriceOf(1'000'000, 1'000'000, 2'000'000);
  const provider::v1::Usage usage = UsageOf(10, 0, 100, 60);
  EXPECT_EQ(CostOf(usage, price), 10 + 200);
  price.set_reasoning(5'000'000);
  EXPECT_EQ(CostOf(usage, price), 10 + 40 * 2 + 60 * 5);
  EXPECT_EQ(CostOf(UsageOf(10, 0, 100, 900), price), 10 + 100 * 5) << "no more reasoning than output";
  EXPECT_EQ(CostOf(UsageOf(10, 0, 100, -900), price), 10 + 200);
  price.set_reasoning(0);
  EXPECT_EQ(CostOf(usage, price), 10 + 40 * 2) << "0 is a price, too";
}

TEST(CostOfTest, ARequestAndItsImagesHaveWholePrices) {
  const router::v1::Price price = PriceOf(1, 1, 1, 7, 1000);

  EXPECT_EQ(CostOf({}, price), 7);
  EXPECT_EQ(CostOf({}, price, 3), 7 + 3000);
  EXPECT_EQ(CostOf(UsageOf(1, 1, 1, 0), price, 3), 7 + 3000 + 1) << "the parts of a billionth are rounded up together";
  EXPECT_EQ(CostOf({}, price, -3), 7);
}

TEST(CostOfTest, NeverCostsLessThanNothingNorMoreThanANumberHolds) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
  router::v1::Price dear = PriceOf(kMost, kMost, kMost, kMost, kMost);
  dear.set_reasoning(kMost);
  EXPECT_EQ(CostOf(UsageOf(kMost, kMost, kMost, kMost), dear, kMost), kMost);
  EXPECT_EQ(CostOf(UsageOf(kMost, 5, kMost, 5), dear, kMost), kMost);
  EXPECT_EQ(CostOf(UsageOf(1'000'001, 0, 0, 0), PriceOf(kMost, 0, 0)), kMost);
  EXPECT_EQ(CostOf(UsageOf(1'000'000, 0, 0, 0), PriceOf(kMost, 0, 0)), kMost);
  EXPECT_EQ(CostOf(UsageOf(1'000'000, 0, 0, 0), PriceOf(kMost - 1, 0, 0)), kMost - 1);
  EXPECT_EQ(CostOf(UsageOf(kLeast, kLeast, kLeast, kLeast), dear, kLeast), kMost) << "the request alone";
  const router::v1::Price negative = PriceOf(kLeast, kLeast, kLeast, kLeast, kLeast);
  EXPECT_EQ(CostOf(UsageOf(kMost, 5, kMost, 5), negative, kMost), 0);
  EXPECT_EQ(CostOf(UsageOf(-100, -5, -100, -5), PriceOf(kMost, kMost, kMost)), 0);
}

// Small numbers and large ones, so that clamps, roundings and saturation all occur.
class CostDraw {
 public:
  std::int64_t Number() {
    const int bits = std::uniform_int_distribution<int>(0, 62)(random_);
    return std::uniform_int_distribution<std::int64_t>(-2, std::int64_t{1} << bits)(random_);
  }
  // At most `most`.
  std::int64_t Part(std::int64_t most) { return std::uniform_int_distribution<std::int64_t>(0, most)(random_); }
  router::v1::Price Price() {
    router::v1::Price price = PriceOf(Number(), Number(), Number(), Number(), Number());
    if (Part(1) == 0) price.set_reasoning(Number());
    return price;
  }

 private:
  std::mt19937_64 random_{20261201};
};

TEST(CostOfTest, MoreNeverCostsLess) {
  CostDraw draw;
  for (int i = 0; i < 20'000; ++i) {
    const router::v1::Price price = draw.Price();
    const std::int64_t in = draw.Number() / 2, cached = draw.Number(), out = draw.Number() / 2, thought = draw.Number();
    const std::int64_t images = draw.Number() / 2, more = draw.Part(std::int64_t{1} << draw.Part(60));
    const std::int64_t cost = CostOf(UsageOf(in, cached, out, thought), price, images);
    ASSERT_GE(cost, 0);
    ASSERT_LE(cost, CostOf(UsageOf(in, cached, out, thought), price, images + more)) << price.ShortDebugString();
    ASSERT_LE(cost, CostOf(UsageOf(in + more, cached, out, thought), price, images)) << price.ShortDebugString();
    ASSERT_LE(cost, CostOf(UsageOf(in, cached, out + more, thought), price, images)) << price.ShortDebugString();
  }
}

TEST(CostOfTest, TwoHalvesNeverCostLessThanTheWhole) {
  CostDraw draw;
  for (int i = 0; i < 20'000; ++i) {
    router::v1::Price price = draw.Price();
    price.set_request(0);
    const auto half = [&] {
      const std::int64_t in = draw.Part(std::int64_t{1} << draw.Part(40));
      const std::int64_t out = draw.Part(std::int64_t{1} << draw.Part(40));
      return UsageOf(in, draw.Part(in), out, draw.Part(out));
    };
    const provider::v1::Usage a = half(), b = half();
    const provider::v1::Usage whole =
        UsageOf(a.input_tokens() + b.input_tokens(), a.cached_input_tokens() + b.cached_input_tokens(),
                a.output_tokens() + b.output_tokens(), a.reasoning_tokens() + b.reasoning_tokens());
    const std::int64_t first = CostOf(a, price), second = CostOf(b, price), together = CostOf(whole, price);
    __extension__ using Wide = __int128;
    ASSERT_LE(static_cast<Wide>(together), static_cast<Wide>(first) + second) << price.ShortDebugString();
    ASSERT_GE(together, std::max(first, second)) << price.ShortDebugString();
    if (together < std::numeric_limits<std::int64_t>::max()) {
      ASSERT_LE(static_cast<Wide>(first) + second, static_cast<Wide>(together) + 1) << "rounded up once each";
    }
  }
}

TEST(EstimateUsageTest, TakesFourBytesForATokenRoundedUp) {
  const provider::v1::Usage usage = EstimateUsage(9, 4);

  EXPECT_EQ(usage.input_tokens(), 3);
  EXPECT_EQ(usage.output_tokens(), 1);
  EXPECT_EQ(usage.total_tokens(), 4);
  EXPECT_EQ(EstimateUsage(0, 0).total_tokens(), 0);
}

}  // namespace
}  // namespace wayleave::gateway
