#include "gateway/outcome_words.h"

#include <gtest/gtest.h>

namespace wayleave::gateway {
namespace {

struct FailureCase {
  int status;
  int upstream_status;
  const char* code;
  const char* word;
};

TEST(OutcomeWords, OfATargetThatDidNotBeginToAnswer) {
  for (const FailureCase& c : std::initializer_list<FailureCase>{
           {429, 429, "rate_limit_exceeded", "status_429"},
           {429, 402, "insufficient_quota", "status_429"},
           {429, 0, "rate_limit_exceeded", "status_429"},  // all of its keys are limited
           {502, 401, "provider_authentication_failed", "refused"},
           {502, 0, "provider_authentication_failed", "refused"},
           {502, 408, "upstream_timeout", "timeout"},
           {502, 500, "upstream_error", "status_5xx"},
           {503, 503, "server_is_overloaded", "status_5xx"},
           {504, 0, "upstream_timeout", "timeout"},
           {503, 0, "upstream_unreachable", "connect"},
           {502, 200, "upstream_bad_response", "connect"}}) {
    provider::v1::Failure failure;
    failure.set_status(c.status);
    failure.set_upstream_status(c.upstream_status);
    failure.set_code(c.code);
    EXPECT_STREQ(WordFor(failure), c.word) << c.code << " " << c.upstream_status;
  }
}

TEST(OutcomeWords, OfAFullQueueHereThereIsNone) {
  provider::v1::Failure failure;
  failure.set_status(503);
  failure.set_code("server_is_overloaded");
  EXPECT_EQ(WordFor(failure), nullptr);
}

TEST(OutcomeWords, OfAnAnswerThatEndedWithAnError) {
  EXPECT_STREQ(WordForEnd("server_error"), "broken_stream");
  EXPECT_STREQ(WordForEnd(""), "broken_stream");
  EXPECT_STREQ(WordForEnd("rate_limit_exceeded"), "status_429");
  EXPECT_STREQ(WordForEnd("server_is_overloaded"), "status_5xx");
  for (const char* code : {"invalid_prompt", "context_length_exceeded", "cyber_policy"}) {
    EXPECT_EQ(WordForEnd(code), nullptr) << code << " is the request's fault";
  }
}

}  // namespace
}  // namespace wayleave::gateway
