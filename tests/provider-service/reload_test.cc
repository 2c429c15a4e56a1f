#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/provider-service/harness.h"

namespace wayleave::provider {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using namespace wayleave::testing;

constexpr auto kChat = v1::ENDPOINT_CHAT_COMPLETIONS;

const std::string kDelta = R"({"id":"c1","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]})";
const std::string kStop = R"({"id":"c1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})";

Script Good() { return Script::Sse().Event(kDelta).Event(kStop).Event("[DONE]").LastChunk(); }

class ReloadTest : public ::testing::Test {
 protected:
  std::string Yaml(const std::string& name, const std::string& more = "") {
    return "providers: {" + name + ": {type: openai-compatible, base_url: \"" + upstream_.url() + "\"" + more + "}}";
  }
  Status Reload(Harness& harness, const std::string& yaml) {
    config::Section root = config::Document::Parse(yaml);
    return harness.core().Reload(ReadConfig(root));
  }

  FakeUpstream upstream_;
};

TEST_F(ReloadTest, NewProvidersAreThereAndOldOnesServeThoseWhoHaveNotHeard) {
  Harness harness(Yaml("a"));
  upstream_.Then(Good()).Then(Good());

  ASSERT_TRUE(Reload(harness, Yaml("b")).ok());

  EXPECT_EQ(harness.Ask(RequestFor(kChat, "b", true)).end.finish(), v1::FINISH_COMPLETED);
  EXPECT_EQ(harness.Ask(RequestFor(kChat, "a", true)).end.finish(), v1::FINISH_COMPLETED);
  EXPECT_EQ(harness.Ask(RequestFor(kChat, "c", true)).failure.code(), "provider_not_configured");
}

TEST_F(ReloadTest, AfterTheFarewellAProviderIsGone) {
  metrics::Registry registry("provider");
  const auto read = [&](const std::string& name) {
    config::Section root = config::Document::Parse(Yaml(name));
    return ReadConfig(root);
  };
  ProviderTable table(read("a"), registry);
  ASSERT_TRUE(table.Replace(read("b")).ok());

  const auto now = ProviderTable::Clock::now();
  EXPECT_TRUE(table.Find("a", now));
  EXPECT_TRUE(table.Find("b", now + 1h));
  EXPECT_FALSE(table.Find("a", now + ProviderTable::kFarewell));
  EXPECT_EQ(table.Now()->count("a"), 0u) << "its models are not listed";
}

TEST_F(ReloadTest, WhatRunsGoesOn) {
  Harness harness(Yaml("a"));
  upstream_.Then(Script::Sse().Event(kDelta).Pause(300ms).Event(kStop).Event("[DONE]").LastChunk());
  Answer answer;
  std::thread asks([&] { answer = harness.Ask(RequestFor(kChat, "a", true)); });
  ASSERT_TRUE(upstream_.RequestsWithin(1, 2s));

  ASSERT_TRUE(Reload(harness, Yaml("b")).ok());
  asks.join();

  EXPECT_EQ(answer.end.finish(), v1::FINISH_COMPLETED);
}

TEST_F(ReloadTest, TheUnchangedKeepWhatTheyKnow) {
  const std::string keys = ", api_keys: [sk-1, sk-2]";
  Harness harness(Yaml("a", keys));
  upstream_.Then(Script::Json(401, "{}")).Then(Good());
  (void)harness.Ask(RequestFor(kChat, "a", true));
  const std::string cooling = R"(wayleave_provider_keys_cooling{key="0",provider="a"})";
  ASSERT_EQ(harness.Metric(cooling), "1");

  ASSERT_TRUE(Reload(harness, Yaml("a", keys)).ok());
  EXPECT_EQ(harness.Metric(cooling), "1");
  ASSERT_TRUE(Reload(harness, Yaml("a", keys + ", keep_alive: 7s")).ok());
  EXPECT_EQ(harness.Metric(cooling), "0");
}

TEST_F(ReloadTest, BadCertificatesLeaveTheOldOnes) {
  Harness harness(Yaml("a"));
  upstream_.Then(Good());

  const Status taken =
      Reload(harness, "providers: {b: {type: openai, base_url: \"https://x.invalid\", ca_file: \"missing-file.pem\"}}");

  ASSERT_FALSE(taken.ok());
  EXPECT_THAT(taken.error().message, HasSubstr("missing-file.pem"));
  EXPECT_EQ(harness.Ask(RequestFor(kChat, "a", true)).end.finish(), v1::FINISH_COMPLETED);
}

TEST_F(ReloadTest, ManyThreadsMayDoItUnderLoad) {
  Harness harness(Yaml("a"));
  upstream_.Then(Good());
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; !stop; ++n) ASSERT_TRUE(Reload(harness, Yaml("a", n % 2 == i ? ", keep_alive: 7s" : "")).ok());
    });
  }
  for (int n = 0; n < 200; ++n) {
    ASSERT_EQ(harness.Ask(RequestFor(kChat, "a", true)).end.finish(), v1::FINISH_COMPLETED);
  }
  stop = true;
  for (auto& thread : threads) thread.join();
}

TEST_F(ReloadTest, AProbeAsksForNoMoreThanASign) {
  Harness harness(Yaml("a", ", api_key: sk-1"));
  upstream_.On("/models", Script::Json(200, R"({"data":[]})"));
  EXPECT_TRUE(harness.Probe("a")->reachable());
  EXPECT_EQ(upstream_.requests().size(), 1u);
  EXPECT_THAT(upstream_.requests().at(0).head, HasSubstr("Bearer sk-1"));

  for (const int status : {401, 404, 429, 500}) {
    upstream_.On("/models", Script::Json(status, "{}"));
    const auto probed = harness.Probe("a");
    EXPECT_FALSE(probed->reachable()) << status;
    EXPECT_THAT(probed->detail(), HasSubstr(std::to_string(status)));
  }
  upstream_.On("/models", Script().Stall());
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(harness.Probe("a")->reachable());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 4s);
}

}  // namespace
}  // namespace wayleave::provider
