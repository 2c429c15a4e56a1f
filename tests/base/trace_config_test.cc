#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "base/trace/config.h"
#include "base/trace/header_list.h"

namespace wayleave::trace {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kVariables[] = {"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
                                      "OTEL_EXPORTER_OTLP_HEADERS",  "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
                                      "OTEL_TRACES_SAMPLER_ARG",     "OTEL_SDK_DISABLED"};

class TraceConfigTest : public ::testing::Test {
 protected:
  TraceConfigTest() { Clear(); }
  ~TraceConfigTest() override { Clear(); }
  static void Clear() {
    for (const char* variable : kVariables) unsetenv(variable);
  }

  static Config Read(const std::string& yaml) {
    config::Section root = config::Document::Parse(yaml);
    Config config = ReadConfig(root);
    root.Done();
    return config;
  }
  static std::string Problem(const std::string& yaml) {
    try {
      Read(yaml);
    } catch (const config::ConfigError& error) {
      return error.what();
    }
    return {};
  }
};

TEST_F(TraceConfigTest, NothingIsTracedUnlessSomebodyAsks) {
  EXPECT_FALSE(Read("").on());
  EXPECT_FALSE(Read("tracing: {sampling: 1}").on());
}

TEST_F(TraceConfigTest, ReadsTheFile) {
  const Config config = Read(
      "tracing: {otlp_endpoint: 'https://otlp.corp:4318/base', sampling: 0.25, trust_parent: false, timeout: 3s,\n"
      "          headers: {x-key: s3cret}}");

  EXPECT_TRUE(config.on());
  EXPECT_EQ(config.exporter.url, (http::Url{true, "otlp.corp", 4318, "/base/v1/traces"}));
  EXPECT_EQ(config.sampling, 0.25);
  EXPECT_FALSE(config.trust_parent);
  EXPECT_EQ(config.exporter.timeout, std::chrono::seconds(3));
  ASSERT_EQ(config.exporter.headers.size(), 1u);
  EXPECT_EQ(config.exporter.headers[0].first, "x-key");
  EXPECT_EQ(config.exporter.headers[0].second.Reveal(), "s3cret");
}

TEST_F(TraceConfigTest, TheUsualEnvironmentStandsIn) {
  setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318/", 1);
  setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20s3cret, x-team = lab", 1);
  setenv("OTEL_TRACES_SAMPLER_ARG", "0.5", 1);

  const Config config = Read("");

  EXPECT_EQ(config.exporter.url, (http::Url{false, "collector", 4318, "/v1/traces"}));
  ASSERT_EQ(config.exporter.headers.size(), 2u);
  EXPECT_EQ(config.exporter.headers[0].second.Reveal(), "Bearer s3cret");
  EXPECT_EQ(config.exporter.headers[1].first, "x-team");
  EXPECT_EQ(config.exporter.headers[1].second.Reveal(), "lab");
  EXPECT_EQ(config.sampling, 0.5);
}

TEST_F(TraceConfigTest, TheEndpointForTracesIsTakenAsItIs) {
  setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318", 1);
  setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://traces:9/otlp", 1);

  EXPECT_EQ(Read("").exporter.url, (http::Url{false, "traces", 9, "/otlp"}));
}

TEST_F(TraceConfigTest, TheFileGoesOverTheEnvironment) {
  setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318", 1);
  setenv("OTEL_TRACES_SAMPLER_ARG", "0.5", 1);

  const Config config = Read("tracing: {otlp_endpoint: 'http://file:1', sampling: 0}");

  EXPECT_EQ(config.exporter.url.host, "file");
  EXPECT_EQ(config.sampling, 0);
}

TEST_F(TraceConfigTest, WhoDisablesItHasTheLastWord) {
  setenv("OTEL_SDK_DISABLED", "True", 1);

  EXPECT_FALSE(Read("tracing: {otlp_endpoint: 'http://file:1'}").on());
}

TEST_F(TraceConfigTest, MistakesAreToldWithTheirPlace) {
  EXPECT_THAT(Problem("tracing: {otlp_endpoint: 'collector:4318'}"),
              HasSubstr("tracing.otlp_endpoint: must begin with http"));
  EXPECT_THAT(Problem("tracing: {sampling: 2}"), HasSubstr("tracing.sampling: must be a number from 0 to 1"));
  EXPECT_THAT(Problem("tracing: {timeout: 0s}"), HasSubstr("tracing.timeout: must be more than 0"));
  EXPECT_THAT(Problem("tracing: {endpoint: 'http://a'}"), HasSubstr("endpoint"));
  EXPECT_THAT(Problem("tracing: {headers: {'a b': c}}"), HasSubstr("tracing.headers: has a name that no header"));
  setenv("OTEL_TRACES_SAMPLER_ARG", "often", 1);
  EXPECT_THAT(Problem(""), HasSubstr("OTEL_TRACES_SAMPLER_ARG: must be a number"));
}

TEST_F(TraceConfigTest, NoMessageRepeatsASecret) {
  EXPECT_THAT(Problem("tracing: {headers: {x-key: \"s3cret\\n\"}}"),
              ::testing::AllOf(HasSubstr("the value of x-key"), Not(HasSubstr("s3cret"))));
  setenv("OTEL_EXPORTER_OTLP_HEADERS", "s3cret", 1);
  EXPECT_THAT(Problem(""), ::testing::AllOf(HasSubstr("OTEL_EXPORTER_OTLP_HEADERS"), Not(HasSubstr("s3cret"))));
}

TEST(HeaderList, RefusesWhatIsNone) {
  for (const char* text : {"a", "=b", "a b=c", "a=b%0d%0ac", "a=b,c"}) EXPECT_FALSE(ParseHeaderList(text)) << text;
  EXPECT_EQ(ParseHeaderList("a=b=c,,d=%zz").value().size(), 2u);
  EXPECT_EQ(ParseHeaderList("a=%41%zz%4").value()[0].second.Reveal(), "A%zz%4");
}

}  // namespace
}  // namespace wayleave::trace
