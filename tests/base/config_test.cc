#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/config/render.h"
#include "base/config/yaml.h"

namespace wayleave::config {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;
using ::testing::StartsWith;

// The message of the ConfigError that `fn` throws, or "" if it throws none.
template <class Fn>
std::string Problem(Fn fn) {
  try {
    fn();
  } catch (const ConfigError& e) {
    return e.what();
  }
  return "";
}

template <class T>
std::string ReadProblem(const std::string& yaml, T into = {}) {
  return Problem([&] { Document::Parse(yaml, "w.yaml").Read("key", into); });
}

template <class T>
T ReadValue(const std::string& yaml, T into = {}) {
  Document::Parse(yaml, "w.yaml").Read("key", into);
  return into;
}

std::int64_t Usd(const std::string& yaml) {
  std::int64_t nano = -1;
  Document::Parse(yaml, "w.yaml").ReadUsd("key", nano);
  return nano;
}

class TempFile {
 public:
  explicit TempFile(const std::string& contents) {
    std::string pattern = (std::filesystem::temp_directory_path() / "wayleave-config-XXXXXX").string();
    const char* made = mkdtemp(pattern.data());
    folder_ = made ? made : "";
    std::ofstream(path(), std::ios::binary) << contents;
  }
  ~TempFile() { std::filesystem::remove_all(folder_); }
  std::string folder() const { return folder_; }
  std::string path() const { return folder_ + "/file"; }

 private:
  std::string folder_;
};

TEST(Config, ReadsEveryKindOfValue) {
  EXPECT_EQ(ReadValue<bool>("key: true"), true);
  EXPECT_EQ(ReadValue<int>("key: -3"), -3);
  EXPECT_EQ(ReadValue<std::int64_t>("key: 9223372036854775807"), INT64_MAX);
  EXPECT_EQ(ReadValue<double>("key: 0.5"), 0.5);
  EXPECT_EQ(ReadValue<std::string>("key: 12"), "12");
  EXPECT_EQ(ReadValue<std::string>("key: ''", "before"), "");
  EXPECT_THAT(ReadValue<std::vector<std::string>>("key: [a, b]"), ElementsAre("a", "b"));
  EXPECT_THAT(ReadValue<std::vector<std::string>>("key: a"), ElementsAre("a"));
  EXPECT_THAT(ReadValue<std::vector<std::string>>("key:", {"before"}), ElementsAre());
  EXPECT_THAT((ReadValue<std::map<std::string, std::string>>("key: {a: 1, b: x}")),
              ElementsAre(Pair("a", "1"), Pair("b", "x")));
}

TEST(Config, LeavesTheDefaultWhereTheKeyIsAbsent) {
  EXPECT_EQ(ReadValue<int>("other: 1", 7), 7);
  EXPECT_EQ(ReadValue<std::string>("", "before"), "before");
  EXPECT_THAT((ReadValue<std::map<std::string, std::string>>("{}", {{"a", "b"}})), ElementsAre(Pair("a", "b")));
}

TEST(Config, ReadsSizes) {
  const std::pair<const char*, std::size_t> table[] = {
      {"0", 0},         {"1048576", 1048576},  {"1kB", 1000},        {"1KB", 1000},
      {"64KiB", 65536}, {"64 MiB", 64u << 20}, {"2GiB", 2ull << 30}, {"1GB", 1000000000},
      {"5B", 5}};
  for (const auto& [text, bytes] : table) {
    EXPECT_EQ(ReadValue<std::size_t>("key: " + std::string(text)), bytes) << text;
  }
  for (const char* bad : {"-1", "1.5MiB", "64M", "MiB", "''", "99999999999GiB", "1 2"}) {
    EXPECT_EQ(ReadProblem<std::size_t>("key: " + std::string(bad)),
              "w.yaml:1: key: must be a size like 1048576, 64KiB, 64MiB or 1GB")
        << bad;
  }
}

TEST(Config, ReadsDurations) {
  const std::pair<const char*, std::chrono::milliseconds> table[] = {
      {"250ms", 250ms}, {"15s", 15s}, {"5m", 5min}, {"1h", 1h}, {"30d", 720h}, {"0", 0ms}, {"0s", 0ms}};
  for (const auto& [text, time] : table) {
    EXPECT_EQ(ReadValue<std::chrono::milliseconds>("key: " + std::string(text)), time) << text;
  }
  for (const char* bad : {"15", "-1s", "1.5s", "s", "15 seconds", "99999999999999999d", "''"}) {
    EXPECT_EQ(ReadProblem<std::chrono::milliseconds>("key: " + std::string(bad)),
              "w.yaml:1: key: must be a time with a unit, like 250ms, 15s, 5m or 1h")
        << bad;
  }
}

TEST(Config, ReadsDollarsExactly) {
  const std::pair<const char*, std::int64_t> table[] = {{"10", 10'000'000'000},
                                                        {"0.125", 125'000'000},
                                                        {"1.25", 1'250'000'000},
                                                        {"0", 0},
                                                        {"0.000000001", 1},
                                                        {"0.1", 100'000'000},
                                                        {"1.50000000000", 1'500'000'000},
                                                        {"9223372036.854775807", INT64_MAX},
                                                        {"0.29", 290'000'000}};
  for (const auto& [text, nano] : table) EXPECT_EQ(Usd("key: " + std::string(text)), nano) << text;
  const std::pair<const char*, const char*> bad[] = {
      {"0.0000000001", "w.yaml:1: key: must not have more than nine decimals"},
      {"9223372036.854775808", "w.yaml:1: key: is too large an amount"},
      {"-1", "w.yaml:1: key: must be an amount in US dollars, like 10 or 0.125"},
      {"1e3", "w.yaml:1: key: must be an amount in US dollars, like 10 or 0.125"},
      {"1.", "w.yaml:1: key: must be an amount in US dollars, like 10 or 0.125"},
      {".5", "w.yaml:1: key: must be an amount in US dollars, like 10 or 0.125"},
      {"$5", "w.yaml:1: key: must be an amount in US dollars, like 10 or 0.125"}};
  for (const auto& [text, problem] : bad) {
    EXPECT_EQ(Problem([t = text] { Usd("key: " + std::string(t)); }), problem) << text;
  }
}

TEST(Config, RefusesWrongTypesWithTheirPlace) {
  EXPECT_EQ(ReadProblem<bool>("\nkey: yes"), "w.yaml:2: key: must be true or false");
  EXPECT_EQ(ReadProblem<int>("key: 1x"), "w.yaml:1: key: must be a whole number");
  EXPECT_EQ(ReadProblem<int>("key: 3000000000"), "w.yaml:1: key: is too large a number");
  EXPECT_EQ(ReadProblem<std::int64_t>("key: 9223372036854775808"), "w.yaml:1: key: is too large a number");
  EXPECT_EQ(ReadProblem<double>("key: nan"), "w.yaml:1: key: must be a number");
  EXPECT_EQ(ReadProblem<std::string>("key: [a]"), "w.yaml:1: key: must be a single value, but is a list");
  EXPECT_EQ(ReadProblem<std::string>("key: {a: b}"), "w.yaml:1: key: must be a single value, but is a mapping");
  EXPECT_EQ(ReadProblem<std::string>("key:"), "w.yaml:1: key: has no value; write \"\" for an empty one");
  EXPECT_EQ(ReadProblem<std::vector<std::string>>("key:\n- a\n- [b]"),
            "w.yaml:3: key[1]: must be a single value, but is a list");
  EXPECT_EQ((ReadProblem<std::map<std::string, std::string>>("key:\n  a: x\n  b: {}")),
            "w.yaml:3: key.b: must be a single value, but is a mapping");
  EXPECT_EQ((ReadProblem<std::map<std::string, std::string>>("key: 5")),
            "w.yaml:1: key: must be a mapping, but is a single value");
}

TEST(Config, NamesThePathOfNestedKeys) {
  const std::string yaml =
      "providers:\n"
      "  openai:\n"
      "    type: openai\n"
      "    timeout: soon\n";
  Section openai = Document::Parse(yaml, "w.yaml").Child("providers").Child("openai");

  std::chrono::milliseconds timeout{};
  const std::string problem = Problem([&] { openai.Read("timeout", timeout); });

  EXPECT_EQ(problem, "w.yaml:4: providers.openai.timeout: must be a time with a unit, like 250ms, 15s, 5m or 1h");
  EXPECT_EQ(openai.Where(), "w.yaml:2: providers.openai");
  EXPECT_EQ(openai.Where("type"), "w.yaml:3: providers.openai.type");
  EXPECT_EQ(openai.Where("absent"), "w.yaml:2: providers.openai.absent");
  EXPECT_EQ(Problem([&] { openai.Fail("is sad"); }), "w.yaml:2: providers.openai: is sad");
}

TEST(Config, NamesListElements) {
  const std::string yaml = "routes:\n- {use: [a]}\n- use:\n  - b\n  - c\n";
  std::vector<Section> routes = Document::Parse(yaml, "w.yaml").List("routes");

  ASSERT_EQ(routes.size(), 2u);
  EXPECT_EQ(routes[1].Where(), "w.yaml:3: routes[1]");
  EXPECT_EQ(Problem([&] { routes[1].Fail("use", 1, "is no target"); }), "w.yaml:5: routes[1].use[1]: is no target");
  EXPECT_EQ(Problem([&] { routes[1].Fail("use", 9, "is no target"); }), "w.yaml:3: routes[1].use: is no target");
  EXPECT_EQ(Problem([] { Document::Parse("routes:\n- 5", "w.yaml").List("routes"); }),
            "w.yaml:2: routes[0]: must be a mapping, but is a single value");
  EXPECT_EQ(Problem([] { Document::Parse("routes: {a: b}", "w.yaml").List("routes"); }),
            "w.yaml:1: routes: must be a list, but is a mapping");
}

TEST(Config, RefusesUnknownKeysAndNamesTheNearest) {
  Section root = Document::Parse("gateway:\n  listen: x\n  tiemout: 5s\n", "w.yaml");
  Section gateway = root.Child("gateway");
  std::string text;
  std::chrono::milliseconds time{};
  gateway.Read("listen", text);
  gateway.Read("timeout", time);

  EXPECT_EQ(Problem([&] { gateway.Done(); }), "w.yaml:3: gateway.tiemout: unknown key; did you mean `timeout`?");
  EXPECT_EQ(Problem([&] { root.Done(); }), "");
}

TEST(Config, ListsTheKnownKeysWhereNoneIsNear) {
  Section root = Document::Parse("banana: 1", "w.yaml");
  root.Allow({"models", "routes"});

  EXPECT_EQ(Problem([&] { root.Done(); }), "w.yaml:1: banana: unknown key; known here: models, routes");
}

TEST(Config, CopiesShareWhatWasAskedFor) {
  Section root = Document::Parse("a: 1\nb: 2", "w.yaml");
  Section copy = root;
  int a = 0, b = 0;
  root.Read("a", a);
  copy.Read("b", b);

  EXPECT_EQ(Problem([&] { root.Done(); }), "");
}

TEST(Config, LooksWithoutAsking) {
  Section root = Document::Parse("short: [a]\nlong: {targets: [a]}", "w.yaml");

  EXPECT_TRUE(root.Has("short"));
  EXPECT_FALSE(root.Has("other"));
  EXPECT_FALSE(root.IsMapping("short"));
  EXPECT_TRUE(root.IsMapping("long"));
  EXPECT_THAT(root.Keys(), ElementsAre("short", "long"));
  EXPECT_THAT(Problem([&] { root.Done(); }), HasSubstr("short: unknown key"));
}

TEST(Config, GivesEntriesInTheOrderOfTheFile) {
  Section root = Document::Parse("b: {x: 1}\na:\n", "w.yaml");
  auto entries = root.Entries();

  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].first, "b");
  EXPECT_EQ(entries[1].first, "a");
  EXPECT_EQ(entries[1].second.Where(), "w.yaml:2: a");
  EXPECT_EQ(Problem([&] { root.Done(); }), "");
}

TEST(Config, ExpandsTheEnvironment) {
  setenv("WAYLEAVE_TEST_KEY", "s3cret", 1);
  setenv("WAYLEAVE_TEST_EMPTY", "", 1);
  unsetenv("WAYLEAVE_TEST_UNSET");

  EXPECT_EQ(ReadValue<std::string>("key: a-${WAYLEAVE_TEST_KEY}-b"), "a-s3cret-b");
  EXPECT_EQ(ReadValue<std::string>("key: ${WAYLEAVE_TEST_UNSET:-http://x:1}"), "http://x:1");
  EXPECT_EQ(ReadValue<std::string>("key: ${WAYLEAVE_TEST_EMPTY:-x}"), "x");
  EXPECT_EQ(ReadValue<std::string>("key: \"[${WAYLEAVE_TEST_EMPTY}]\""), "[]");
  EXPECT_EQ(ReadValue<std::string>("key: $${HOME} $5"), "${HOME} $5");
  EXPECT_EQ(ReadValue<int>("key: ${WAYLEAVE_TEST_UNSET:-12}"), 12);
  EXPECT_THAT(ReadValue<std::vector<std::string>>("key: [\"${WAYLEAVE_TEST_KEY}\"]"), ElementsAre("s3cret"));
  EXPECT_EQ(ReadProblem<std::string>("\n\nkey: ${WAYLEAVE_TEST_UNSET}"),
            "w.yaml:3: key: the environment variable WAYLEAVE_TEST_UNSET is not set");
  EXPECT_THAT(ReadProblem<std::string>("key: \"${WAYLEAVE\""), HasSubstr("has a ${ without its }"));
  EXPECT_THAT(ReadProblem<std::string>("key: \"${a b}\""), HasSubstr("name of an environment variable"));
}

TEST(Config, DoesNotExpandWhatNobodyReads) {
  unsetenv("WAYLEAVE_TEST_UNSET");
  Section root = Document::Parse("other: ${WAYLEAVE_TEST_UNSET}\nkey: 1", "w.yaml");
  int key = 0;
  root.Read("key", key);
  EXPECT_EQ(key, 1);
}

TEST(Config, NeverRepeatsAValueInAMessage) {
  setenv("WAYLEAVE_TEST_KEY", "s3cret", 1);
  EXPECT_THAT(ReadProblem<int>("key: ${WAYLEAVE_TEST_KEY}"), Not(HasSubstr("s3cret")));
  EXPECT_THAT(ReadProblem<bool>("key: s3cret"), Not(HasSubstr("s3cret")));
}

TEST(Config, ReadsAStringFromAFile) {
  TempFile secret(" \n s3cret\n\n");

  EXPECT_EQ(ReadValue<std::string>("key: {file: " + secret.path() + "}"), "s3cret");
  EXPECT_EQ(ReadProblem<std::string>("\nkey: {file: " + secret.path() + "-not}"),
            "w.yaml:2: key: can't read the file " + secret.path() + "-not: No such file or directory");
  EXPECT_THAT(ReadProblem<std::string>("key: {file: " + secret.folder() + "}"), HasSubstr("Is a directory"));
  EXPECT_THAT(ReadProblem<std::string>("key: {file: x, more: y}"), HasSubstr("must be a single value"));
}

TEST(Config, LooksForFilesBesideTheConfiguration) {
  TempFile config("key: {file: secret}");
  std::ofstream(config.folder() + "/secret") << "s3cret\n";
  std::string key;

  Document::Load(config.path()).Read("key", key);

  EXPECT_EQ(key, "s3cret");
}

TEST(Config, RefusesDuplicateKeys) {
  EXPECT_EQ(Problem([] { Document::Parse("a:\n  b: 1\n  c: 2\n  b: 3\n", "w.yaml"); }),
            "w.yaml:4: the key `b` stands here twice, first in line 2");
  EXPECT_EQ(Problem([] { Document::Parse("{a: 1, a: 2}", "w.yaml"); }),
            "w.yaml:1: the key `a` stands here twice, first in line 1");
  EXPECT_EQ(Problem([] { Document::Parse("a: {b: 1}\nc: {b: 1}", "w.yaml"); }), "");
}

TEST(Config, TakesAnEmptyFileForAnEmptyMapping) {
  for (const char* text : {"", "\n", "# nothing\n", "---\n", "{}", "\xEF\xBB\xBF"}) {
    EXPECT_EQ(Problem([&] { Document::Parse(text, "w.yaml").Done(); }), "") << text;
  }
}

TEST(Config, RefusesARootThatIsNoMapping) {
  EXPECT_EQ(Problem([] { Document::Parse("- a", "w.yaml"); }), "w.yaml:1: must be a mapping, but is a list");
  EXPECT_EQ(Problem([] { Document::Parse("\nhello", "w.yaml"); }),
            "w.yaml:2: must be a mapping, but is a single value");
}

TEST(Config, RefusesBadSyntaxWithItsLine) {
  EXPECT_THAT(Problem([] { Document::Parse("a: 1\nb: [1, 2\nc: 3", "w.yaml"); }), StartsWith("w.yaml:3: "));
  EXPECT_THAT(Problem([] { Document::Parse("a: 1\n b: 2", "w.yaml"); }), StartsWith("w.yaml:2: "));
  EXPECT_THAT(Problem([] { Document::Parse("a: 1\n---\nb: 2", "w.yaml"); }), HasSubstr("a second document"));
  EXPECT_EQ(Problem([] { Document::Parse("a: !secret x", "w.yaml"); }), "w.yaml:1: the tag !secret is not known here");
  EXPECT_EQ(Problem([] { Document::Parse("[a]: 1", "w.yaml"); }), "w.yaml:1: a key must be a string");
  EXPECT_THAT(Problem([] { Document::Parse("a: *unknown", "w.yaml"); }), StartsWith("w.yaml:1: "));
}

TEST(Config, FollowsAliases) {
  Section root = Document::Parse("a: &list [x, y]\nb: *list\n", "w.yaml");
  std::vector<std::string> b;
  root.Read("b", b);
  EXPECT_THAT(b, ElementsAre("x", "y"));
}

TEST(Config, RefusesAnAliasWithinItself) {
  EXPECT_EQ(Problem([] { Document::Parse("a: &loop\n  - *loop\n", "w.yaml"); }),
            "w.yaml:2: an alias stands inside the value that it repeats");
}

TEST(Config, RefusesABillionLaughs) {
  std::string bomb = "l0: &l0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string below = "*l" + std::to_string(i - 1);
    bomb += "l" + std::to_string(i) + ": &l" + std::to_string(i) + " [" + below;
    for (int j = 1; j < 10; ++j) bomb += ", " + below;
    bomb += "]\n";
  }
  EXPECT_EQ(Problem([&] { Document::Parse(bomb, "w.yaml"); }),
            "w.yaml:5: too large: more than 100000 values, with aliases written out");
}

TEST(Config, SurvivesDeepNesting) {
  EXPECT_THAT(Problem([] { Document::Parse("a: " + std::string(100'000, '['), "w.yaml"); }), StartsWith("w.yaml:1: "));
}

TEST(Config, SaysWhyAFileCantBeRead) {
  TempFile file("a: 1");

  EXPECT_EQ(Problem([&] { Document::Load(file.path() + "-not"); }),
            file.path() + "-not: can't be read: No such file or directory");
  EXPECT_EQ(Problem([&] { Document::Load(file.folder()); }), file.folder() + ": is a directory");
  EXPECT_EQ(Document::Load(file.path()).Where("a"), file.path() + ":1: a");
}

TEST(Config, FindsEveryKeyOfALargeMapping) {
  std::string yaml;
  for (int i = 0; i < 1000; ++i) yaml += "key" + std::to_string(i) + ": {value: " + std::to_string(i) + "}\n";
  Section root = Document::Parse(yaml, "w.yaml");
  int expected = 0;
  for (auto& [key, section] : root.Entries()) {
    int value = -1;
    section.Read("value", value);
    EXPECT_EQ(value, expected) << key;
    ++expected;
  }
  EXPECT_EQ(expected, 1000);
  EXPECT_FALSE(root.Has("key1000"));
  EXPECT_EQ(Problem([&] { Document::Parse(yaml + "key500: {}\n", "w.yaml"); }),
            "w.yaml:1001: the key `key500` stands here twice, first in line 501");
}

struct Change {
  const char* before;
  const char* after;
  std::vector<std::string> paths;
};

TEST(Config, NamesWhatChanged) {
  const Change changes[] = {
      {"a: 1\nb: {c: [x, {y: 1}]}", "b: {c: [x, {y: 1}]} # moved\na: 1", {}},
      {"a: 1", "a: 2", {"a"}},
      {"a: {b: {c: 1, d: 2}}", "a: {b: {c: 3, d: 2}}", {"a.b.c"}},
      {"a: {b: 1}", "a: {}", {"a.b"}},
      {"a: {b: 1}", "a: {b: 1, c: 2}\nd: 3", {"a.c", "d"}},
      {"a: [1, 2]", "a: [2, 1]", {"a"}},
      {"a: {b: 1}", "a: [b]", {"a"}},
      {"a: ${A:-x}", "a: x", {"a"}},
      {"", "a: 1", {"a"}},
      {"a: 1", "", {"a"}},
  };
  for (const Change& change : changes) {
    const Section before = Document::Parse(change.before), after = Document::Parse(change.after);
    EXPECT_EQ(after.DifferentFrom(before), change.paths) << change.before << " -> " << change.after;
  }
}

TEST(Config, NamesTheFilesThatItWasReadFrom) {
  const std::string folder = ::testing::TempDir();
  const std::string path = folder + "/sources_" + std::to_string(getpid()) + ".yaml";
  std::ofstream(path) << "a: {b: {file: no-such-file}}\n";
  Section root = Document::Load(path);
  EXPECT_THAT(root.Sources(), ElementsAre(Pair(path, LookOf(path))));
  std::string value;
  EXPECT_NE(Problem([&] { root.Child("a").Read("b", value); }), "");
  EXPECT_THAT(root.Sources(), ::testing::UnorderedElementsAre(Pair(path, LookOf(path)),
                                                              Pair(::testing::EndsWith("no-such-file"), StartsWith("error"))));
  std::filesystem::remove(path);
}

TEST(Config, FindsTheNearestWord) {
  EXPECT_EQ(Nearest("tiemout", {"timeout", "target"}), "timeout");
  EXPECT_EQ(Nearest("target", {"timeout", "targets"}), "targets");
  EXPECT_EQ(Nearest("id", {"ip"}), "ip");
  EXPECT_EQ(Nearest("x", {"y"}), "");
  EXPECT_EQ(Nearest("banana", {"models", "routes"}), "");
  EXPECT_EQ(Nearest(std::string(1000, 'a'), {"a"}), "");
}

TEST(Render, HidesLiteralSecretsAndKeepsReferences) {
  const std::string text =
      "providers:\n  a: {api_key: sk-1, headers: {x: \"v w\"}}\n  b: {api_key: \"${KEY}\"}\n  c: {api_key: "
      "\"${KEY:-sk-2}\"}\n";
  const auto secret = [](const std::string& path) {
    return path.ends_with("api_key") || path.find(".headers.") != std::string::npos;
  };

  const std::string rendered = Render(text, "x.yaml", secret);

  EXPECT_EQ(rendered.find("sk-1"), std::string::npos);
  EXPECT_EQ(rendered.find("sk-2"), std::string::npos);
  EXPECT_EQ(rendered.find("v w"), std::string::npos);
  EXPECT_NE(rendered.find("${KEY}"), std::string::npos);
}

TEST(Render, ReadsBackTheSame) {
  const std::string text = "a: {b: [1, \"x: y\", {c: \"q \\\"uoted\\\"\"}], \"d*\": {}}\nn: 5\n";
  const auto nothing = [](const std::string&) { return false; };

  const std::string once = Render(text, "x.yaml", nothing);

  EXPECT_EQ(Render(once, "y.yaml", nothing), once);
  EXPECT_NE(once.find("uoted"), std::string::npos);
}

}  // namespace
}  // namespace wayleave::config
