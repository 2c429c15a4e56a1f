#include "router-service/policy_tests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/router-service/routing.h"

namespace wayleave::router {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kConfig[] = R"(providers: {openai: {}, ollama: {}}
models:
  gpt-5.1-codex: [openai/gpt-5.1-codex, ollama/gpt-oss:20b]
routes:
- {name: no-images, when: {needs: images, tenant: cheap}, deny: "Images are not for this team."}
- {name: night, when: {hours: "19:00-07:00", timezone: Asia/Tokyo, model: "gpt-*"}, use: [ollama/gpt-oss:20b]}
- {name: team, when: {header: {x-team: "lab*"}, role: intern, key: {floor: "2"}, user: ann}, use: ["ollama/*"]}
- {name: long, when: {input_tokens_above: 1000, endpoint: chat}, use: [openai/long]}
- {name: poor, when: {budget_left_below: 20%}, use: [ollama/poor]}
tests:
)";

std::vector<std::string> Failures(const std::string& tests) { return CheckTests(Configured(kConfig + tests)); }

constexpr char kDay[] = R"(at: "2026-11-20T12:00+09:00")";

TEST(PolicyTests, PassIfAllIsAsExpected) {
  const std::string day = kDay;
  EXPECT_THAT(Failures(R"(
- {given: {model: gpt-5.1-codex, at: "2026-11-20T23:00+09:00"}, expect: ollama/gpt-oss:20b}
- {given: {model: gpt-5.1-codex, )" + day + R"(}, expect: openai/gpt-5.1-codex}
- {given: {model: gpt-5.1-codex, )" + day + R"(}, expect: [openai/gpt-5.1-codex, ollama/gpt-oss:20b]}
- {given: {model: x, needs: [images], tenant: cheap}, expect: {deny: "Images *"}}
- {given: {model: x, needs: images, tenant: cheap}, expect: {deny: ""}}
- {given: {model: x, header: {X-Team: lab-1}, role: [a, intern], key: {floor: 2}, user: ann},
   expect: {rule: team, targets: [ollama/x]}}
- {given: {model: x, endpoint: chat, input_tokens: 1001, max_output_tokens: 5, session: s}, expect: {rule: "route:long"}}
- {given: {model: x, budget_left: 10%}, expect: ollama/poor}
- {given: {model: ollama/x}, expect: {rule: provider-prefix}}
)"),
              IsEmpty());
}

TEST(PolicyTests, SayWhereAndWhatIsNotAsExpected) {
  EXPECT_THAT(
      Failures("- {given: {model: gpt-5.1-codex, at: \"2026-11-20T23:00+09:00\"}, expect: openai/gpt-5.1-codex}\n"
               "- {given: {model: ollama/x}, expect: {deny: ''}}\n"
               "- {given: {model: ollama/x}, expect: {rule: night}}\n"
               "- {given: {model: nobody-knows}, expect: ollama/x}\n"
               "- {given: {model: x, needs: images, tenant: cheap}, expect: {deny: other}}\n"
               "- {given: {model: ollama/x}, expect: {targets: [ollama/x, openai/y]}}\n"),
      ElementsAre("w.yaml:11: tests[0]: expected openai/gpt-5.1-codex, but it goes to ollama/gpt-oss:20b by the rule "
                  "route:night (the route `night` fits)",
                  "w.yaml:12: tests[1]: expected a denial, but it goes to ollama/x by the rule provider-prefix (the "
                  "name begins with the provider ollama)",
                  "w.yaml:13: tests[2]: expected the rule night, but it goes to ollama/x by the rule provider-prefix "
                  "(the name begins with the provider ollama)",
                  HasSubstr("w.yaml:14: tests[3]: expected ollama/x, but it is refused: The model `nobody-knows`"),
                  "w.yaml:15: tests[4]: expected the denial `other`, but it is refused: Images are not for this team.",
                  "w.yaml:16: tests[5]: expected ollama/x, openai/y, but it goes to ollama/x by the rule "
                  "provider-prefix (the name begins with the provider ollama)"));
}

TEST(PolicyTests, TheExampleInTheDocumentationPasses) {
  std::ifstream in(WAYLEAVE_SOURCE_DIR "/docs/routing.md");
  std::stringstream text;
  text << in.rdbuf();
  const std::string page = text.str(), fence = "```yaml\n";
  const std::size_t begin = page.find(fence) + fence.size();
  ASSERT_LT(begin, page.size());
  const RoutingConfig config = Configured(page.substr(begin, page.find("```", begin) - begin));
  EXPECT_EQ(config.tests.size(), 3u);
  EXPECT_THAT(CheckTests(config), IsEmpty());
}

TEST(PolicyTests, AreReadStrictly) {
  const std::pair<const char*, const char*> table[] = {
      {"- {given: {modell: x}, expect: ollama/x}", "w.yaml:11: tests[0].given.modell: unknown key"},
      {"- {given: {at: today}, expect: ollama/x}",
       "w.yaml:11: tests[0].given.at: must be a time with its offset, like \"2026-11-20T23:00+09:00\""},
      {"- {given: {model: x}}", "w.yaml:11: tests[0].expect: needs at least one target, written provider/model"},
      {"- {given: {model: x}, expect: {}}", "w.yaml:11: tests[0].expect: needs a target, or one of: deny, rule, targets"},
      {"- {given: {model: x}, expect: olama/x}", "w.yaml:11: tests[0].expect: the provider `olama`"},
      {"- {given: {input_tokens: -1}, expect: ollama/x}", "w.yaml:11: tests[0].given.input_tokens: must not be"}};
  for (const auto& [tests, problem] : table) {
    try {
      Failures(tests);
      ADD_FAILURE() << tests << " is taken";
    } catch (const config::ConfigError& e) {
      EXPECT_THAT(e.what(), HasSubstr(problem));
    }
  }
}

}  // namespace
}  // namespace wayleave::router
