#include "base/metrics/rpc_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace wayleave::metrics {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(RpcMetrics, CountsCallsByNameAndCodeAndTimesThoseThatHaveAHistogram) {
  Registry registry("test");
  prometheus::Histogram& seconds = registry.Histogram("seconds", "Time.", {}, kOverheadSeconds);
  RpcMetrics metrics(registry, "calls_total", {{"First", &seconds}, {"Second", nullptr}});

  const Result<int> good = RpcMetrics::Call(metrics, 0).Ends(Result<int>(7));
  EXPECT_TRUE(RpcMetrics::Call(metrics, 0).Ends(Result<int>(8)).ok());
  const Result<int> bad = RpcMetrics::Call(metrics, 1).Ends(Result<int>(Error{Code::kNotFound, "no", {}, {}}));

  EXPECT_EQ(good.value(), 7);
  EXPECT_EQ(bad.error().message, "no");
  const std::string text = registry.Render();
  EXPECT_THAT(text, HasSubstr("calls_total{code=\"OK\",rpc=\"First\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("calls_total{code=\"NOT_FOUND\",rpc=\"Second\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("code=\"OK\",rpc=\"Second\"")));
  EXPECT_THAT(text, HasSubstr("seconds_count 2\n"));
}

TEST(RpcMetrics, HasANameForEveryCode) {
  Registry registry("test");
  RpcMetrics metrics(registry, "calls_total", {{"First", nullptr}});

  for (int code = 1; code <= 16; ++code) {
    const Result<int> failed = Error{static_cast<Code>(code), "", {}, {}};
    EXPECT_FALSE(RpcMetrics::Call(metrics, 0).Ends(failed).ok());
  }

  EXPECT_THAT(registry.Render(), HasSubstr("calls_total{code=\"UNAUTHENTICATED\",rpc=\"First\"} 1\n"));
}

}  // namespace
}  // namespace wayleave::metrics
