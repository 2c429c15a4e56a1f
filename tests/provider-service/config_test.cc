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
  EXPECT_EQ(config.providers[0].api_key.Reveal(), "sk-1");
  EXPECT_THAT(config.providers[0].forward_headers, ::testing::Contains("openai-beta"));
  EXPECT_EQ(config.providers[1].base_url.port, 11434);
  EXPECT_EQ(config.providers[1].base_url.path, "/v1");
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
      {"providers: {a: {type: ollama, dialect: chat}}", "dialect"},
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

}  // namespace
}  // namespace wayleave::provider
