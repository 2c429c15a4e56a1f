#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/trace/context.h"
#include "base/trace/sampler.h"

namespace wayleave::trace {
namespace {

constexpr const char* kGood = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(TraceContext, ReadsWhatCallersSend) {
  const Context context = Parse(kGood, "congo=t61rcWkgMzE, rojo=00f067aa0ba902b7");

  EXPECT_TRUE(context.valid());
  EXPECT_TRUE(context.sampled);
  EXPECT_TRUE(context.remote);
  EXPECT_FALSE(context.recorded());
  EXPECT_EQ(TraceIdText(context), "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(Traceparent(context), kGood);
  EXPECT_EQ(context.state, "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7");
}

TEST(TraceContext, KnowsOnlyOneFlag) {
  const std::string ids = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-";

  EXPECT_FALSE(Parse(ids + "00").sampled);
  EXPECT_TRUE(Parse(ids + "03").sampled);
  EXPECT_FALSE(Parse(ids + "fe").sampled);
  EXPECT_EQ(Traceparent(Parse(ids + "ff")), kGood);
}

TEST(TraceContext, TakesLaterVersionsForWhatIsKnownOfThem) {
  const std::string later = std::string("cc") + (kGood + 2);

  EXPECT_EQ(Traceparent(Parse(later)), kGood);
  EXPECT_EQ(Traceparent(Parse(later + "-what-the-future-will-be-like")), kGood);
  EXPECT_FALSE(Parse(later + ".what-the-future-will-not-be-like").valid());
  EXPECT_FALSE(Parse(later + "1").valid());
}

TEST(TraceContext, TakesNothingElse) {
  const char* const bad[] = {
      "",
      "00",
      "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
      "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
      "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-",
      "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what",
      "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      ".0-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      "0.-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      "00-00000000000000000000000000000000-b7ad6b7169203331-01",
      "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
      "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
      "00-0af7651916cd43dd8448eb211c80319c-B7AD6B7169203331-01",
      "00-.af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      "00-0af7651916cd43dd8448eb211c80319.-b7ad6b7169203331-01",
      "00-0af7651916cd43dd8448eb211c80319c-.7ad6b7169203331-01",
      "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-.1",
      "00_0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331_01",
      "00-0af7651916cd43dd8448eb211c80319cb7ad6b7169203331-01-",
      "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 ",
      " 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      "00-0af7651916cd43dd8448eb211c8031-b7ad6b7169203331-01-",
      "00-aa-bb-01",
  };

  for (const char* text : bad) EXPECT_FALSE(Parse(text).valid()) << text;
}

TEST(TraceContext, ReadsTheOneWithoutTheOther) {
  EXPECT_EQ(Parse(kGood, "no state").state, "");
  EXPECT_TRUE(Parse(kGood, "no state").valid());
  EXPECT_EQ(Parse("", "foo=1").state, "");
}

TEST(TraceContext, CleansTracestates) {
  const std::string longest_key = "a" + std::string(255, 'z');
  const std::string longest_tenant = std::string(241, 't') + "@" + std::string(14, 'v');
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"foo=1", "foo=1"},
      {"foo=1,", "foo=1"},
      {"foo=1,,bar=2", "foo=1,bar=2"},
      {"foo=1 \t , \t bar=2", "foo=1,bar=2"},
      {" foo=1\t", "foo=1"},
      {"foo= 1", "foo= 1"},
      {"a-_*/9=~!", "a-_*/9=~!"},
      {"1a-2f@foo=bar1", "1a-2f@foo=bar1"},
      {longest_key + "=1", longest_key + "=1"},
      {longest_tenant + "=1", longest_tenant + "=1"},
      {"foo=" + std::string(256, '.'), "foo=" + std::string(256, '.')},
      {"foo=" + std::string(257, '.'), ""},
      {"z" + longest_key + "=1", ""},
      {"t" + longest_tenant + "=1", ""},
      {longest_tenant + "v=1", ""},
      {"foo", ""},
      {"foo=", ""},
      {"=1", ""},
      {"foo=1=2", ""},
      {"foo=1,foo=2", ""},
      {"foo =1", ""},
      {"Foo=1", ""},
      {"1foo=1", ""},
      {"foo.bar=1", ""},
      {"foo@=1", ""},
      {"@foo=1", ""},
      {"foo@@bar=1", ""},
      {"foo@1bar=1", ""},
      {"foo=b\x01r", ""},
      {"foo=\xc3\xa4", ""},
  };

  for (const auto& [text, clean] : cases) EXPECT_EQ(CleanTracestate(text), clean) << text;
}

TEST(TraceContext, TakesAtMost32Members) {
  std::string state = "k0=1";
  for (int i = 1; i < 32; ++i) state += ",k" + std::to_string(i) + "=1";

  EXPECT_EQ(CleanTracestate(state), state);
  EXPECT_EQ(CleanTracestate(state + ",k32=1"), "");
}

TraceId IdOf(std::uint64_t low) {
  TraceId id{1};
  for (std::size_t i = 0; i < 8; ++i) id[15 - i] = static_cast<std::uint8_t>(low >> (8 * i));
  return id;
}

// The ids lie evenly, so that the share is exact.
int SampledOf(const Sampler& sampler, int count) {
  int sampled = 0;
  for (int i = 0; i < count; ++i) {
    sampled +=
        sampler.Samples(IdOf(static_cast<std::uint64_t>(i) * (~std::uint64_t{0} / static_cast<unsigned>(count))));
  }
  return sampled;
}

TEST(Sampler, TakesItsShareOfTheIds) {
  EXPECT_EQ(SampledOf(Sampler(0, true), 1000), 0);
  EXPECT_EQ(SampledOf(Sampler(0.1, true), 1000), 101);  // those at both ends
  EXPECT_EQ(SampledOf(Sampler(0.5, true), 1000), 501);
  EXPECT_EQ(SampledOf(Sampler(1, true), 1000), 1000);
  EXPECT_TRUE(Sampler(1, true).Samples(IdOf(~std::uint64_t{0})));
}

TEST(Sampler, TakesAnotherShareFromNowOn) {
  Sampler sampler(0, true);
  sampler.SetRatio(1);
  EXPECT_EQ(SampledOf(sampler, 1000), 1000);
  sampler.SetRatio(0.5);
  EXPECT_EQ(SampledOf(sampler, 1000), 501);
}

TEST(Sampler, WhatALittleShareTakesALargerOneTakesToo) {
  const Sampler little(0.01, true);
  const Sampler large(0.02, true);

  for (std::uint64_t i = 0; i < 1000; ++i) {
    const TraceId id = IdOf(i * 0x9e3779b97f4a7c15);
    EXPECT_TRUE(!little.Samples(id) || large.Samples(id)) << i;
  }
}

TEST(Sampler, FollowsCallersThatItTrusts) {
  EXPECT_TRUE(Sampler(0, true).Follows(Parse(kGood)));
  EXPECT_FALSE(Sampler(0, false).Follows(Parse(kGood)));
  EXPECT_FALSE(Sampler(0, true).Follows(Context()));
}

}  // namespace
}  // namespace wayleave::trace
