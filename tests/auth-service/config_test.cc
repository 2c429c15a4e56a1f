#include "auth-service/config.h"

#include <stdlib.h>

#include "tests/auth-service/support.h"

namespace wayleave::auth {
namespace {

using namespace std::chrono_literals;

Config Parse(const std::string& text) { return ReadConfig(config::Document::Parse(text).Child("auth")); }

TEST(Config, HasDefaultsForEverything) {
  const Config config = Parse("{}");

  EXPECT_EQ(config.listen, "127.0.0.1:8791");
  EXPECT_EQ(config.admin, "127.0.0.1:9791");
  EXPECT_EQ(config.cache_max_age, 60s);
}

TEST(Config, ReadsItsSection) {
  const Config config = Parse(
      "auth: {listen: '0.0.0.0:1', admin: '127.0.0.1:2', state_dir: /s, cache_max_age: 5s, workers: 3, "
      "max_reservations: 10, reflection: true}");

  EXPECT_EQ(config.listen, "0.0.0.0:1");
  EXPECT_EQ(config.admin, "127.0.0.1:2");
  EXPECT_EQ(config.state_dir, "/s");
  EXPECT_EQ(config.cache_max_age, 5s);
  EXPECT_EQ(config.workers, 3);
  EXPECT_EQ(config.max_reservations, 10u);
  EXPECT_TRUE(config.reflection);
}

TEST(Config, RefusesWhatItDoesNotKnowOrMean) {
  for (const char* text : {"auth: {lisen: x}", "auth: {workers: -1}", "auth: {workers: many}",
                           "auth: {cache_max_age: -1s}", "auth: {max_reservations: 0}"}) {
    EXPECT_THROW(Parse(text), config::ConfigError) << text;
  }
}

TEST(Config, TakesTheKeyOfTheEnvironment) {
  setenv("PROXY_API_KEY", "from-the-environment", 1);
  Config config;

  ApplyEnvironment(config);
  unsetenv("PROXY_API_KEY");

  EXPECT_EQ(config.proxy_api_key, "from-the-environment");
}

}  // namespace
}  // namespace wayleave::auth
