#include "gateway/route_header.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace wayleave::gateway {
namespace {

using ::testing::EndsWith;
using ::testing::StartsWith;

class RouteHeaderTest : public ::testing::Test {
 protected:
  RouteHeaderTest() {
    route_.set_rule("route:night");
    target_ = TargetOf("ollama", "gpt-oss:20b");
  }
  static router::v1::Target TargetOf(const std::string& provider, const std::string& model) {
    router::v1::Target target;
    target.set_provider(provider);
    target.set_model(model);
    return target;
  }
  void PassOver(const std::string& why) {
    router::v1::PassedOver& other = *route_.add_passed_over();
    other.set_provider("openai");
    other.set_model("gpt-5.1-codex");
    other.set_why(why);
  }
  void Fail(const std::string& provider, int status, const std::string& code) {
    provider::v1::Failure failure;
    failure.set_status(status);
    failure.set_code(code);
    trail_.Failed(TargetOf(provider, "m"), failure);
  }
  std::string Header() const { return RouteHeader(route_, target_, trail_); }

  router::v1::RouteResponse route_;
  router::v1::Target target_;
  Trail trail_;
};

TEST_F(RouteHeaderTest, NamesTheRuleAndTheTarget) { EXPECT_EQ(Header(), "route:night; ollama/gpt-oss:20b"); }

TEST_F(RouteHeaderTest, SaysWhatWasPassedOverAndWhatFailedBefore) {
  PassOver("its circuit is open for 12 s");
  Fail("inhouse", 503, "server_is_overloaded");
  Fail("inhouse", 503, "server_is_overloaded");
  Fail("inhouse", 502, "upstream_error");
  Fail("azure", 502, "upstream_error");

  EXPECT_EQ(Header(),
            "route:night; ollama/gpt-oss:20b; passed over openai/gpt-5.1-codex: its circuit is open for 12 s; "
            "tried inhouse/m 2 times: 503 server_is_overloaded; tried inhouse/m: 502 upstream_error; "
            "tried azure/m: 502 upstream_error");
}

TEST_F(RouteHeaderTest, IsVisibleAsciiInPartsThatStayApart) {
  route_.set_rule("nächtlich\r\nSet-Cookie: x");
  PassOver("it’s “busy”; try\tlater\x7f");

  EXPECT_EQ(Header(),
            "n chtlich Set-Cookie: x; ollama/gpt-oss:20b; passed over openai/gpt-5.1-codex: it s busy , try later ");
}

TEST_F(RouteHeaderTest, IsAtMostAKilobyte) {
  for (int i = 0; i < 100; ++i) PassOver(std::string(50, 'x'));
  for (int i = 0; i < 100; ++i) Fail("p" + std::to_string(i), 500, std::string(5000, 'y'));

  EXPECT_EQ(Header().size(), 1024u);
  EXPECT_THAT(Header(), StartsWith("route:night; ollama/gpt-oss:20b; passed over"));
  EXPECT_THAT(Header(), EndsWith("..."));
  EXPECT_EQ(trail_.Words().size(), 16u);
}

}  // namespace
}  // namespace wayleave::gateway
