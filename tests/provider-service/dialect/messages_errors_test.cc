#include <gtest/gtest.h>

#include "provider-service/dialect/errors.h"

namespace wayleave::provider {
namespace {

struct Row {
  const char* name;
  int upstream;
  const char* type;
  const char* message;
  int status;
  const char* code;
  bool retryable;
};

// Errors as Anthropic's reference has them.
const Row kRows[] = {
    {"invalid_request", 400, "invalid_request_error", "max_tokens: Field required", 400, "invalid_prompt", false},
    {"too_long", 400, "invalid_request_error", "prompt is too long: 208310 tokens > 200000 maximum", 400,
     "context_length_exceeded", false},
    {"too_long_with_answer", 400, "invalid_request_error",
     "input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000", 400, "context_length_exceeded",
     false},
    {"no_credit", 400, "invalid_request_error", "Your credit balance is too low to access the Anthropic API.", 429,
     "insufficient_quota", true},
    {"filtered", 400, "invalid_request_error", "Output blocked by content filtering policy", 400,
     "content_policy_violation", false},
    {"key", 401, "authentication_error", "invalid x-api-key", 502, "provider_authentication_failed", true},
    {"billing", 402, "billing_error", "pay", 429, "insufficient_quota", true},
    {"permission", 403, "permission_error", "no", 502, "provider_authentication_failed", true},
    {"no_model", 404, "not_found_error", "model: x", 404, "model_not_found", false},
    {"too_large", 413, "request_too_large", "Request exceeds the maximum size", 400, "invalid_prompt", false},
    {"rate", 429, "rate_limit_error", "slow", 429, "rate_limit_exceeded", true},
    {"server", 500, "api_error", "Internal server error", 502, "upstream_error", true},
    {"timeout", 504, "timeout_error", "late", 502, "upstream_timeout", true},
    {"overloaded", 529, "overloaded_error", "Overloaded", 503, "server_is_overloaded", true},
};

class AnthropicError : public ::testing::TestWithParam<Row> {};

TEST_P(AnthropicError, IsToldSo) {
  const Row& row = GetParam();
  const std::string body = std::string(R"({"type":"error","error":{"type":")") + row.type + R"(","message":")" +
                           row.message + R"("},"request_id":"req_1"})";

  const Failure failure = MapUpstreamError(row.upstream, body, std::nullopt, false);

  EXPECT_EQ(failure.status, row.status);
  EXPECT_EQ(failure.code, row.code);
  EXPECT_EQ(failure.retryable, row.retryable);
  EXPECT_FALSE(failure.retry_after_ms) << "the provider named none";
}

INSTANTIATE_TEST_SUITE_P(Table, AnthropicError, ::testing::ValuesIn(kRows),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(AnthropicError, GoesToItsOwnClientsAsItIsWhereTheyUnderstandIt) {
  const std::string bad = R"({"type":"error","error":{"type":"invalid_request_error","message":"no"}})";
  const std::string broke =
      R"({"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low"}})";

  EXPECT_EQ(MapUpstreamError(400, bad, std::nullopt, true).body, bad);
  EXPECT_EQ(MapUpstreamError(529, bad, std::nullopt, true).body, "");
  const Failure failure = MapUpstreamError(400, broke, std::nullopt, true);
  EXPECT_EQ(failure.body, "") << "a 400 would not make another target try";
  EXPECT_EQ(failure.status, 429);
}

TEST(StreamErrorCode, KnowsAnthropicsTypes) {
  EXPECT_EQ(StreamErrorCode("", "overloaded_error", "m"), "server_is_overloaded");
  EXPECT_EQ(StreamErrorCode("", "rate_limit_error", "m"), "rate_limit_exceeded");
  EXPECT_EQ(StreamErrorCode("", "api_error", "m"), "server_error");
  EXPECT_EQ(StreamErrorCode("", "authentication_error", "m"), "provider_authentication_failed");
  EXPECT_EQ(StreamErrorCode("", "not_found_error", "m"), "model_not_found");
}

}  // namespace
}  // namespace wayleave::provider
