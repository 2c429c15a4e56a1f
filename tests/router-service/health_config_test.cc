#include "router-service/health_config.h"

#include <gtest/gtest.h>

#include "router-service/config.h"

namespace wayleave::router {
namespace {

using namespace std::chrono_literals;

Config Read(const std::string& router) {
  config::Section root = config::Document::Parse("router: " + router, "w.yaml");
  Config config = ReadConfig(root);
  root.Done();
  return config;
}

TEST(HealthConfigTest, HasDefaults) {
  const Config config = Read("{}");
  EXPECT_EQ(config.routing.breaker.failures, 5);
  EXPECT_EQ(config.routing.breaker.open, 1s);
  EXPECT_EQ(config.routing.breaker.most_open, 60s);
  EXPECT_EQ(config.routing.breaker.most_retry_after, 1h);
  EXPECT_EQ(config.service.probe_interval, 5s);
}

TEST(HealthConfigTest, TakesWhatIsWritten) {
  const Config config =
      Read("{breaker: {failures: 0, open: 200ms, most_open: 5s, most_retry_after: 10m}, probe_interval: 2s}");
  EXPECT_FALSE(config.routing.breaker.on());
  EXPECT_EQ(config.routing.breaker.open, 200ms);
  EXPECT_EQ(config.routing.breaker.most_open, 5s);
  EXPECT_EQ(config.routing.breaker.most_retry_after, 10min);
  EXPECT_EQ(config.service.probe_interval, 2s);
}

TEST(HealthConfigTest, RefusesWhatMakesNoSense) {
  for (const char* bad :
       {"{breaker: {failures: -1}}", "{breaker: {open: 0s}}", "{breaker: {open: 2m}}", "{breaker: {most_open: 2h}}",
        "{breaker: {most_retry_after: 25h}}", "{breaker: {most_retry_after: -1s}}", "{breaker: {oepn: 1s}}",
        "{breaker: 5}", "{probe_interval: 0s}"}) {
    EXPECT_THROW(Read(bad), config::ConfigError) << bad;
  }
}

}  // namespace
}  // namespace wayleave::router
