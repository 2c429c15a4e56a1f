#include "provider-service/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wayleave::provider {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Config Parse(const std::string& yaml) {
  config::Section root = config::Document::Parse(yaml, "test.yaml");
  return ReadConfig(root);
}

std::string ProblemOf(const std::string& yaml) {
  try {
    Parse(yaml);
  } catch (const config::ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(ProviderConfig, HasDefaultsForEachType) {
  const Config config = Parse(R"(
providers:
  openai: {type: openai, api_key: sk-1}
  ollama: {type: ollama}
  inhouse: {type: openai-compatible, base_url: "http://llm.corp:8000/v1/", dialect: responses}
  demo: {type: demo}
)");
  ASSERT_EQ(config.providers.size(), 4u);
  EXPECT_EQ(config.providers[0].base_url.host, "api.openai.com");
  EXPECT_TRUE(config.providers[0].base_url.tls);
  EXPECT_EQ(config.providers[0].api_keys.at(0).Reveal(), "sk-1");
  EXPECT_THAT(config.providers[0].forward_headers, ::testing::Contains("openai-beta"));
  EXPECT_EQ(config.providers[1].base_url.port, 11434);
  EXPECT_EQ(config.providers[1].base_url.path, "");
  EXPECT_EQ(config.providers[1].adapter.dialect, Dialect::kOllama);
  EXPECT_EQ(config.providers[2].base_url.path, "/v1");
  EXPECT_EQ(config.providers[2].adapter.dialect, Dialect::kResponses);
  EXPECT_TRUE(config.providers[2].forward_headers.empty());
  EXPECT_EQ(config.listen, "127.0.0.1:8793");
  EXPECT_EQ(config.admin, "127.0.0.1:9793");
}

TEST(ProviderConfig, ReadsTimesHeadersAndQuirks) {
  const Config config = Parse(R"(
provider: {listen: "0.0.0.0:1", admin: "127.0.0.1:2", workers: 3, reflection: true}
providers:
  a:
    type: openai-compatible
    base_url: http://10.0.0.1:8000
    headers: {x-team: blue}
    forward_headers: [X-Trace]
    timeouts: {connect: 1s, first_byte: 2s, idle: 3s, total: 4s}
    keep_alive: 5s
    quirks: {late_system: system, reasoning_replay: reasoning_content, null_content: false, images: false,
             max_tokens_field: max_completion_tokens, effort_map: {foo: high}}
)");
  const ProviderConfig& a = config.providers.at(0);
  EXPECT_EQ(config.workers, 3);
  EXPECT_TRUE(config.reflection);
  EXPECT_THAT(a.forward_headers, ElementsAre("x-trace"));
  EXPECT_EQ(a.headers.at("x-team"), "blue");
  EXPECT_EQ(a.timeouts.first_byte, std::chrono::seconds(2));
  EXPECT_EQ(a.timeouts.total, std::chrono::seconds(4));
  EXPECT_EQ(a.keep_alive, std::chrono::seconds(5));
  EXPECT_EQ(a.adapter.quirks.chat.late_system, ChatQuirks::LateSystem::kSystem);
  EXPECT_EQ(a.adapter.quirks.chat.reasoning_replay, ChatQuirks::ReasoningReplay::kReasoningContent);
  EXPECT_EQ(a.adapter.quirks.chat.empty_content, ChatQuirks::EmptyContent::kEmptyString);
  EXPECT_EQ(a.adapter.quirks.chat.max_tokens_field, ChatQuirks::MaxTokensField::kMaxCompletionTokens);
  EXPECT_EQ(a.adapter.quirks.chat.effort_map.at("foo"), "high");
  EXPECT_FALSE(a.adapter.quirks.chat.images);
}

TEST(ProviderConfig, ReadsHowOllamaIsAsked) {
  const Config config = Parse(R"(
providers:
  a: {type: ollama, base_url: "http://127.0.0.1:11434/v1", num_ctx: 65536, max_num_ctx: 131072, model_keep_alive: 1h30m}
  b: {type: ollama, base_url: "http://gpu.corp/ollama/api/", dialect: chat, model_keep_alive: "-1"}
)");
  const ProviderConfig& a = config.providers.at(0);
  EXPECT_EQ(a.base_url.path, "");
  EXPECT_EQ(a.adapter.quirks.ollama.num_ctx, 65536);
  EXPECT_EQ(a.adapter.quirks.ollama.max_num_ctx, 131072);
  EXPECT_EQ(a.adapter.quirks.ollama.keep_alive, "1h30m");
  const ProviderConfig& b = config.providers.at(1);
  EXPECT_EQ(b.base_url.path, "/ollama");
  EXPECT_EQ(b.adapter.dialect, Dialect::kChat);
  EXPECT_EQ(b.adapter.quirks.ollama.keep_alive, "-1");
}

TEST(ProviderConfig, ReadsAzureAndTheOtherPlacesOfAKey) {
  const Config config = Parse(R"(
providers:
  a:
    type: azure
    base_url: https://corp.openai.azure.com/openai/v1
    api_version: 2025-04-01-preview
    deployments: {gpt-5.6: prod-gpt}
  b: {type: openai-compatible, base_url: "http://x/v1", api_key: k, api_key_header: X-Key, query: {team: "a b", v: "1"}}
)");
  const ProviderConfig& a = config.providers.at(0);
  EXPECT_EQ(a.base_url.path, "");
  EXPECT_EQ(a.api_key_header, "api-key");
  EXPECT_EQ(a.adapter.deployments.at("gpt-5.6"), "prod-gpt");
  EXPECT_EQ(a.adapter.quirks.chat.max_tokens_field, ChatQuirks::MaxTokensField::kMaxCompletionTokens);
  const ProviderConfig& b = config.providers.at(1);
  EXPECT_EQ(b.api_key_header, "X-Key");
  EXPECT_EQ(b.query.at("team"), "a b");
}

TEST(ProviderConfig, ReadsEverySwitch) {
  const Config config = Parse(R"(
providers:
  a:
    type: openai-compatible
    base_url: http://x/v1
    quirks: {late_system: tagged_user, merge_user_messages: false, null_content: true, arguments_as_object: true,
             images: true, reasoning_replay: reasoning, reasoning_items: text, think_tags: open, reasoning_as: summary,
             replay_last_turn_only: true, reasoning_effort: false, effort_map: {a: b}, max_tokens_field: max_tokens,
             parallel_tool_calls: false, stream_options: false, verbosity: true, streaming: false}
)");
  const Quirks& quirks = config.providers.at(0).adapter.quirks;
  EXPECT_TRUE(quirks.chat.arguments_as_object);
  EXPECT_EQ(quirks.think_tags, ThinkTags::kOpen);
  EXPECT_EQ(quirks.reasoning_as, Quirks::ReasoningAs::kSummary);
  EXPECT_FALSE(quirks.chat.reasoning_effort);
  EXPECT_FALSE(quirks.chat.parallel_tool_calls);
  EXPECT_FALSE(quirks.chat.stream_options);
  EXPECT_FALSE(quirks.streaming);
  EXPECT_TRUE(quirks.chat.verbosity);
}

TEST(ProviderConfig, RefusesMetadataAddresses) {
  for (const char* url : {"http://169.254.169.254", "http://[fe80::1]:80/v1", "http://[::ffff:169.254.169.254]",
                          "http://2852039166/v1", "http://[fd00:ec2::254]"}) {
    EXPECT_THAT(ProblemOf(std::string("providers: {a: {type: openai, base_url: \"") + url + "\"}}"),
                HasSubstr("metadata"))
        << url;
  }
}

TEST(ProviderConfig, SaysWhatIsWrongAndWhere) {
  const std::vector<std::pair<std::string, std::string>> wrong{
      {"providers: {a: {type: opnai}}", "openai-compatible"},
      {"providers: {a: {type: openai-compatible}}", "base_url"},
      {"providers: {a: {type: openai, base_url: \"ftp://x\"}}", "http://"},
      {"providers: {a: {type: openai, api_kee: x}}", "api_kee"},
      {"providers: {a: {type: ollama, dialect: responses}}", "native, chat"},
      {"providers: {a: {type: ollama, num_ctx: 100}}", "at least 512"},
      {"providers: {a: {type: ollama, max_num_ctx: 0}}", "at least 512"},
      {"providers: {a: {type: ollama, model_keep_alive: soon}}", "30m"},
      {"providers: {a: {type: openai, num_ctx: 8192}}", "num_ctx"},
      {"providers: {a: {type: azure, base_url: \"http://x\"}}", "deployments"},
      {"providers: {a: {type: azure, deployments: {m: d}}}", "base_url"},
      {"providers: {a: {type: azure, base_url: \"http://x\", deployments: {m: \"a/b\"}}}", "deployment"},
      {"providers: {a: {type: azure, base_url: \"http://x\", deployments: {m: d}, api_version: \"a b\"}}", "version"},
      {"providers: {a: {type: openai, api_key_header: \"a b\"}}", "header"},
      {"providers: {a: {type: openai, quirks: {think_tags: yes}}}", "none, tagged, open"},
      {"providers: {a: {type: openai-compatible, base_url: \"http://x\", dialect: soap}}", "chat, responses"},
      {"providers: {a: {type: openai, forward_headers: [Authorization]}}", "never goes upstream"},
      {"providers: {a: {type: openai, headers: {\"a b\": c}}}", "header"},
      {"providers: {a: {type: openai, timeouts: {idle: 0s}}}", "more than nothing"},
      {"providers: {a: {type: openai, timeouts: {idel: 1s}}}", "idel"},
      {"providers: {a: {type: openai, quirks: {imags: true}}}", "imags"},
      {"providers: {\"a/b\": {type: openai}}", "slash"},
      {"provider: {workers: -1}", "negative"},
      {"provider: {listn: x}", "listn"},
  };
  for (const auto& [yaml, part] : wrong) {
    const std::string problem = ProblemOf(yaml);
    EXPECT_THAT(problem, HasSubstr(part)) << yaml;
    EXPECT_THAT(problem, HasSubstr("test.yaml:1")) << yaml;
  }
}

TEST(ProviderConfig, ReadsKeysLimitsAndTheTimeOfTheFirstToken) {
  const Config config = Parse(R"(
providers:
  a: {type: openai, api_key: k1, api_keys: [k2, k1, "", k3], limits: {concurrent: 2, queue: 3, queue_time: 4s},
      timeouts: {first_token: 5s}}
  b: {type: openai}
)");
  const ProviderConfig& a = config.providers.at(0);
  ASSERT_EQ(a.api_keys.size(), 3u);
  EXPECT_EQ(a.api_keys[0].Reveal(), "k1");
  EXPECT_EQ(a.api_keys[2].Reveal(), "k3");
  EXPECT_EQ(a.limits.concurrent, 2);
  EXPECT_EQ(a.limits.queue, 3);
  EXPECT_EQ(a.limits.queue_time, std::chrono::seconds(4));
  EXPECT_EQ(a.first_token, std::chrono::seconds(5));
  EXPECT_EQ(config.providers.at(1).limits.concurrent, 0);
  EXPECT_EQ(config.providers.at(1).first_token.count(), 0);
  EXPECT_THAT(ProblemOf("providers: {a: {type: openai, limits: {queue: 3}}}"), HasSubstr("needs a limit"));
  EXPECT_THAT(ProblemOf("providers: {a: {type: openai, limits: {concurrent: -1}}}"), HasSubstr("negative"));
}

}  // namespace
}  // namespace wayleave::provider
