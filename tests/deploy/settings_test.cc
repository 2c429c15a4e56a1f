#include "deploy/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "deploy/welcome.h"

namespace wayleave::deploy {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Tests begin without any of the variables that matter; an Ollama is named, so that none is looked for.
class SettingsTest : public ::testing::Test {
 protected:
  SettingsTest() {
    Clear();
    Set("OLLAMA_BASE_URL", "http://127.0.0.1:1");
  }
  ~SettingsTest() override {
    Clear();
    if (!path_.empty()) unlink(path_.c_str());
  }
  static void Clear() {
    for (const char* name : {"PORT", "PROXY_API_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL", "ANTHROPIC_API_KEY",
                             "ANTHROPIC_BASE_URL", "OLLAMA_BASE_URL"})
      unsetenv(name);
  }
  static void Set(const char* name, const std::string& value) { setenv(name, value.c_str(), 1); }

  app::Flags File(const std::string& yaml) {
    path_ = ::testing::TempDir() + "settings_test_" + std::to_string(getpid()) + ".yaml";
    std::ofstream(path_) << yaml;
    app::Flags flags;
    flags.config = path_;
    return flags;
  }
  static std::vector<std::string> Providers(const Settings& settings) {
    std::vector<std::string> names;
    for (const auto& provider : settings.provider.providers) names.push_back(provider.name + ":" + provider.type);
    return names;
  }
  // What is wrong with the file; "" if nothing is.
  std::string Fault(const std::string& yaml) {
    try {
      LoadSettings(File(yaml));
      return "";
    } catch (const config::ConfigError& error) {
      return error.what();
    }
  }

  std::string path_;
};

TEST_F(SettingsTest, WithoutAnythingThereIsTheDemoModel) {
  const Settings settings = LoadSettings({});

  EXPECT_THAT(Providers(settings), ElementsAre("ollama:ollama", "demo:demo"));
  EXPECT_EQ(ModelToSuggest(settings), "demo");
  EXPECT_EQ(settings.gateway.http.address, "127.0.0.1:8787");
  EXPECT_TRUE(settings.auth.proxy_api_key.empty());
}

TEST_F(SettingsTest, AnOpenAiKeyBringsOpenAiWithItsModels) {
  Set("OPENAI_API_KEY", "sk-1");

  const Settings settings = LoadSettings({});

  EXPECT_THAT(Providers(settings), ElementsAre("openai:openai", "ollama:ollama", "demo:demo"));
  EXPECT_EQ(settings.provider.providers[0].base_url.host, "api.openai.com");
  EXPECT_TRUE(settings.provider.providers[0].base_url.tls);
  EXPECT_EQ(settings.router.routing.models.size(), 7u);
}

TEST_F(SettingsTest, AnAnthropicKeyBringsAnthropicWithItsModels) {
  Set("ANTHROPIC_API_KEY", "sk-ant-1");
  Set("ANTHROPIC_BASE_URL", "http://127.0.0.1:8787");

  const Settings settings = LoadSettings({});

  EXPECT_THAT(Providers(settings), ElementsAre("anthropic:anthropic", "ollama:ollama", "demo:demo"));
  // Not the gateway itself, to which Claude Code is sent by that variable.
  EXPECT_EQ(settings.provider.providers[0].base_url.host, "api.anthropic.com");
  ASSERT_EQ(settings.router.routing.models.size(), 2u);
  EXPECT_EQ(settings.router.routing.models[0].name, "claude-*");
}

TEST_F(SettingsTest, BaseUrlsComeFromTheEnvironment) {
  Set("OPENAI_API_KEY", "sk-1");
  Set("OPENAI_BASE_URL", "http://127.0.0.1:9/v1");
  Set("OLLAMA_BASE_URL", "http://ollama.example:1234");

  const Settings settings = LoadSettings({});

  EXPECT_EQ(settings.provider.providers[0].base_url.port, 9);
  EXPECT_EQ(settings.provider.providers[1].base_url.host, "ollama.example");
}

TEST_F(SettingsTest, TheEnvironmentCanNotBreakOutOfTheDefaultFile) {
  Set("OLLAMA_BASE_URL", "http://h:1'}\nevil: {a: 'b");

  EXPECT_THROW(LoadSettings({}), config::ConfigError);

  Set("OLLAMA_BASE_URL", "http://127.0.0.1:1");
  Set("OPENAI_API_KEY", "sk-1\"}\n  evil: {type: demo}\n#");
  EXPECT_THROW(LoadSettings({}), config::ConfigError);
  Set("OPENAI_API_KEY", "sk-1\", evil: \"x");
  EXPECT_THAT(Providers(LoadSettings({})), ElementsAre("openai:openai", "ollama:ollama", "demo:demo"));
}

TEST_F(SettingsTest, TheDefaultFileHoldsNoSecret) {
  Set("OPENAI_API_KEY", "sk-secret");
  Set("ANTHROPIC_API_KEY", "sk-ant-secret");
  Set("PROXY_API_KEY", "wl-secret");

  EXPECT_THAT(DefaultYaml(), ::testing::Not(HasSubstr("secret")));
}

TEST_F(SettingsTest, PortFlagsAndProxyKeyGoOverTheFile) {
  app::Flags flags =
      File("gateway: {listen: \"0.0.0.0:1000\", admin: 127.0.0.1:1001}\nproviders: {demo: {type: demo}}\n");
  EXPECT_EQ(LoadSettings(flags).gateway.http.address, "0.0.0.0:1000");

  Set("PORT", "2000");
  Set("PROXY_API_KEY", "wl-mine");
  const Settings with_port = LoadSettings(flags);
  flags.listen = "127.0.0.1:3000";
  flags.admin = "127.0.0.1:3001";
  flags.state_dir = "/somewhere";
  const Settings with_flags = LoadSettings(flags);

  EXPECT_EQ(with_port.gateway.http.address, "0.0.0.0:2000");
  EXPECT_EQ(with_port.gateway.admin, "127.0.0.1:1001");
  EXPECT_FALSE(with_port.auth.proxy_api_key.empty());
  EXPECT_EQ(with_flags.gateway.http.address, "127.0.0.1:3000");
  EXPECT_EQ(with_flags.gateway.admin, "127.0.0.1:3001");
  EXPECT_EQ(with_flags.auth.state_dir, "/somewhere");
}

TEST_F(SettingsTest, AFileIsTakenAsItIsWithTheDemoModelOnly) {
  Set("OPENAI_API_KEY", "sk-1");

  EXPECT_THAT(Providers(LoadSettings(File("providers: {only: {type: ollama, base_url: \"http://127.0.0.1:1\"}}"))),
              ElementsAre("only:ollama", "demo:demo"));
}

TEST_F(SettingsTest, EverySectionsFaultsAreFoundWithTheirLine) {
  const std::string good = "providers:\n  demo: {type: demo}\n";
  EXPECT_EQ(Fault(good), "");
  for (const auto& [yaml, part] : std::vector<std::pair<std::string, std::string>>{
           {"gatway: {}\n", ":3: "},
           {"gateway: {lisen: a}\n", "gateway.lisen"},
           {"gateway:\n  timeouts: {total: soon}\n", ":4: gateway.timeouts.total"},
           {"gateway: {limits: {body_bytes: many}}\n", "gateway.limits.body_bytes"},
           {"gateway: {journal: {sync: 1s}}\n", "gateway.journal.sync"},
           {"gateway: {cors: {origin: a}}\n", "gateway.cors.origin"},
           {"auth: {stat_dir: a}\n", "auth.stat_dir"},
           {"router: {x: 1}\n", "router.x"},
           {"provider: {x: 1}\n", "provider.x"},
           {"models: {a: {targets: [nobody/m]}}\n", "nobody"},
           {"routes: [{name: a, use: [nobody/m]}]\n", "nobody"},
           {"default_model: [a]\n", "default_model"},
       }) {
    EXPECT_THAT(Fault(good + yaml), HasSubstr(part)) << yaml;
  }
}

TEST_F(SettingsTest, EveryKeyOfTheGatewayIsRead) {
  const gateway::Config config =
      LoadSettings(File("providers: {demo: {type: demo}}\n"
                        "gateway:\n"
                        "  listen: 127.0.0.1:1\n  admin: 127.0.0.1:2\n  grpc: 127.0.0.1:3\n  reflection: true\n"
                        "  auth: 127.0.0.1:4\n  router: 127.0.0.1:5\n  provider: 127.0.0.1:6\n  workers: 3\n"
                        "  access_log: false\n  cors: {origins: [https://a.example]}\n"
                        "  limits: {header_bytes: 8KiB, body_bytes: 1MiB, connections: 7, connections_per_address: 8}\n"
                        "  timeouts: {header: 1s, body: 2s, idle: 3s, write: 4s, total: 5s, drain: 6s}\n"
                        "  journal: {dir: /j, sync_interval: 7ms}\n"))
          .gateway;

  EXPECT_EQ(config.http.address + config.admin + config.grpc, "127.0.0.1:1127.0.0.1:2127.0.0.1:3");
  EXPECT_EQ(config.auth + config.router + config.provider, "127.0.0.1:4127.0.0.1:5127.0.0.1:6");
  EXPECT_TRUE(config.reflection);
  EXPECT_FALSE(config.access_log);
  EXPECT_EQ(config.workers, 3);
  EXPECT_THAT(config.cors_origins, ElementsAre("https://a.example"));
  EXPECT_EQ(config.http.header_bytes, 8u << 10);
  EXPECT_EQ(config.http.body_bytes, 1u << 20);
  EXPECT_EQ(config.http.connections, 7);
  EXPECT_EQ(config.http.connections_per_address, 8);
  EXPECT_EQ(config.http.header_timeout, 1s);
  EXPECT_EQ(config.http.body_timeout, 2s);
  EXPECT_EQ(config.http.idle_timeout, 3s);
  EXPECT_EQ(config.http.write_timeout, 4s);
  EXPECT_EQ(config.total_timeout, 5s);
  EXPECT_EQ(config.drain_timeout, 6s);
  EXPECT_EQ(config.journal_dir, "/j");
  EXPECT_EQ(config.journal_sync, 7ms);
}

// The first YAML block of a document of ours.
std::string ExampleIn(const std::string& document) {
  std::ifstream file(std::string(WAYLEAVE_SOURCE_DIR) + "/" + document);
  std::stringstream text;
  text << file.rdbuf();
  const std::string all = text.str();
  const auto begin = all.find("```yaml\n");
  if (begin == std::string::npos) return "";
  return all.substr(begin + 8, all.find("```", begin + 8) - begin - 8);
}

TEST_F(SettingsTest, TheExamplesInTheDocumentsAreGood) {
  Set("OPENAI_API_KEY", "sk-1");
  for (const char* document : {"docs/configuration.md", "README.md"}) {
    const std::string example = ExampleIn(document);
    ASSERT_FALSE(example.empty()) << document;
    EXPECT_EQ(Fault(example), "") << document;
  }
}

TEST_F(SettingsTest, TheDocumentedGatewayDefaultsAreTheRealOnes) {
  Set("OPENAI_API_KEY", "sk-1");
  const gateway::Config written = LoadSettings(File(ExampleIn("docs/configuration.md"))).gateway;
  const gateway::Config real;

  EXPECT_EQ(written.http.address, "127.0.0.1:8787");
  EXPECT_EQ(written.admin, real.admin);
  EXPECT_EQ(written.http.header_bytes, real.http.header_bytes);
  EXPECT_EQ(written.http.body_bytes, real.http.body_bytes);
  EXPECT_EQ(written.http.connections, real.http.connections);
  EXPECT_EQ(written.http.connections_per_address, real.http.connections_per_address);
  EXPECT_EQ(written.http.header_timeout, real.http.header_timeout);
  EXPECT_EQ(written.http.body_timeout, real.http.body_timeout);
  EXPECT_EQ(written.http.idle_timeout, real.http.idle_timeout);
  EXPECT_EQ(written.http.write_timeout, real.http.write_timeout);
  EXPECT_EQ(written.total_timeout, real.total_timeout);
  EXPECT_EQ(written.drain_timeout, real.drain_timeout);
  EXPECT_EQ(written.journal_sync, real.journal_sync);
}

TEST_F(SettingsTest, SuggestsTheDefaultModelOrTheFirstThatIsNoPattern) {
  const std::string models =
      "providers: {demo: {type: demo}}\nmodels: {\"gpt-*\": {targets: [\"demo/*\"]}, b: {targets: [demo/b]}}\n";

  EXPECT_EQ(ModelToSuggest(LoadSettings(File(models))), "b");
  EXPECT_EQ(ModelToSuggest(LoadSettings(File(models + "default_model: gpt-x\n"))), "gpt-x");
}

TEST(ClientAddressTest, IsOneThatWorksOnThisMachine) {
  for (const auto& [listen, address] : std::vector<std::pair<std::string, std::string>>{{"127.0.0.1:1", "127.0.0.1:1"},
                                                                                        {"0.0.0.0:1", "127.0.0.1:1"},
                                                                                        {"*:1", "127.0.0.1:1"},
                                                                                        {":1", "127.0.0.1:1"},
                                                                                        {"[::]:1", "127.0.0.1:1"},
                                                                                        {"localhost:1", "localhost:1"},
                                                                                        {"10.1.2.3:1", "10.1.2.3:1"}}) {
    EXPECT_EQ(ClientAddress(listen), address);
  }
}

TEST(IsLoopbackTest, OnlyWhatNobodyElseCanReach) {
  for (const char* listen : {"127.0.0.1:1", "127.9.9.9:1", "localhost:1", "[::1]:1"})
    EXPECT_TRUE(IsLoopback(listen)) << listen;
  for (const char* listen : {"0.0.0.0:1", "*:1", ":1", "[::]:1", "10.0.0.1:1", "128.0.0.1:1", "localhost.evil:1"}) {
    EXPECT_FALSE(IsLoopback(listen)) << listen;
  }
}

TEST(CodexConfigTest, NamesAddressModelAndKeyVariable) {
  const std::string text = CodexConfig("127.0.0.1:8787", "big");

  EXPECT_THAT(text, HasSubstr("model = \"big\"\n"));
  EXPECT_THAT(text, HasSubstr("base_url = \"http://127.0.0.1:8787/v1\"\n"));
  EXPECT_THAT(text, HasSubstr("env_key = \"WAYLEAVE_API_KEY\"\n"));
  EXPECT_THAT(text, HasSubstr("wire_api = \"responses\"\n"));
  // The keys of the root stand above the first table, or they would belong to it.
  EXPECT_LT(text.find("model_provider"), text.find("[model_providers"));
}

}  // namespace
}  // namespace wayleave::deploy
