#include "provider-service/dialect/errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace wayleave::provider {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::HasSubstr;
using ::testing::Not;

struct Row {
  const char* name;
  int upstream;
  const char* body;
  int status;
  const char* type;
  const char* code;
  const char* message;
  bool retryable;
};

constexpr const char* kContext =
    R"({"object":"error","message":"This model's maximum context length is 32768 tokens.",)"
    R"("type":"BadRequestError","code":400})";

const Row kRows[] = {
    {"openai_body", 400, R"({"error":{"message":"bad","type":"x","code":"y"}})", 400, "invalid_request_error",
     "invalid_prompt", "bad", false},
    {"plain_text", 400, "  no good", 400, "invalid_request_error", "invalid_prompt", "no good", false},
    {"detail", 400, R"({"detail":"no good"})", 400, "invalid_request_error", "invalid_prompt", "no good", false},
    {"fastapi_list", 422, R"({"detail":[{"loc":["body"],"msg":"field required"},{"msg":"too long"}]})", 400,
     "invalid_request_error", "invalid_prompt", "field required; too long", false},
    {"error_as_text", 400, R"({"error":"no good"})", 400, "invalid_request_error", "invalid_prompt", "no good", false},
    {"message_only", 400, R"({"message":"no good"})", 400, "invalid_request_error", "invalid_prompt", "no good", false},
    {"google_list", 400, R"([{"error":{"code":400,"message":"no good","status":"INVALID_ARGUMENT"}}])", 400,
     "invalid_request_error", "invalid_prompt", "no good", false},
    {"html", 400, "<html><body>Bad</body></html>", 400, "invalid_request_error", "invalid_prompt",
     "The provider answered 400 without a reason.", false},
    {"empty", 400, "", 400, "invalid_request_error", "invalid_prompt", "The provider answered 400 without a reason.",
     false},
    {"policy_code_stays", 400, R"({"error":{"message":"no","code":"content_policy_violation"}})", 400,
     "invalid_request_error", "content_policy_violation", "no", false},
    {"context_length_vllm", 400, kContext, 400, "invalid_request_error", "context_length_exceeded",
     "This model's maximum context length is 32768 tokens.", false},
    {"context_length_413", 413, R"({"error":{"message":"m","code":"context_length_exceeded"}})", 400,
     "invalid_request_error", "context_length_exceeded", "m", false},
    {"context_length_llama_cpp", 500, R"({"error":{"message":"the request exceeds the available context size"}})", 400,
     "invalid_request_error", "context_length_exceeded", "the request exceeds the available context size", false},
    {"context_length_in_a_text", 400, R"({"error":"{\"error\":{\"code\":400,\"message\":\"exceeds the available context\"}}"})", 400,
     "invalid_request_error", "context_length_exceeded", "exceeds the available context", false},
    {"azure_filter", 400, R"({"error":{"message":"filtered","code":"content_filter","innererror":{"code":"x"}}})", 400,
     "invalid_request_error", "content_policy_violation", "filtered", false},
    {"azure_inner_filter", 400, R"({"error":{"message":"filtered","innererror":{"code":"ResponsibleAIPolicyViolation"}}})",
     400, "invalid_request_error", "content_policy_violation", "filtered", false},
    {"too_large", 413, "body too large", 400, "invalid_request_error", "invalid_prompt", "body too large", false},
    {"not_found", 404, R"({"error":{"message":"model \"x\" not found, try pulling it first","code":null}})", 404,
     "invalid_request_error", "model_not_found", "model \"x\" not found, try pulling it first", false},
    {"not_found_without_reason", 404, "<html>", 404, "invalid_request_error", "model_not_found",
     "The provider answered 404: it has no such model, or its base_url is wrong.", false},
    {"conflict", 409, R"({"error":{"message":"busy"}})", 400, "invalid_request_error", "invalid_prompt", "busy", false},
    {"unauthorized", 401, R"({"error":{"message":"Incorrect API key"}})", 502, "server_error",
     "provider_authentication_failed",
     "The provider refused the gateway's credentials (401). Operator: check this provider's API key and what it is "
     "allowed to use.",
     true},
    {"forbidden", 403, "", 502, "server_error", "provider_authentication_failed",
     "The provider refused the gateway's credentials (403). Operator: check this provider's API key and what it is "
     "allowed to use.",
     true},
    {"payment", 402, R"({"error":{"message":"Insufficient Balance"}})", 429, "insufficient_quota", "insufficient_quota",
     "Insufficient Balance", true},
    {"rate_limit", 429, R"({"error":{"message":"slow","code":"whatever"}})", 429, "rate_limit_error",
     "rate_limit_exceeded", "slow", true},
    {"quota", 429, R"({"error":{"message":"pay","type":"insufficient_quota"}})", 429, "insufficient_quota",
     "insufficient_quota", "pay", true},
    {"timeout", 408, "", 502, "server_error", "upstream_timeout", "The provider answered 408 without a reason.", true},
    {"server_error", 500, R"({"error":{"message":"boom"}})", 502, "server_error", "upstream_error", "boom", true},
    {"bad_gateway", 502, "<html>", 502, "server_error", "upstream_error",
     "The provider answered 502 without a reason.", true},
    {"unavailable", 503, R"({"error":{"message":"loading"}})", 503, "server_error", "upstream_unavailable", "loading",
     true},
    {"overloaded", 503, R"({"error":{"message":"full","code":"server_is_overloaded"}})", 503, "server_error",
     "server_is_overloaded", "full", true},
    {"overloaded_529", 529, R"({"error":{"message":"full","type":"overloaded_error"}})", 503, "server_error",
     "server_is_overloaded", "full", true},
    {"gateway_timeout", 504, "", 502, "server_error", "upstream_timeout",
     "The provider answered 504 without a reason.", true},
    {"redirect", 302, "", 502, "server_error", "upstream_bad_response",
     "The provider answered with status 302. Operator: check its base_url.", true},
};

class UpstreamError : public ::testing::TestWithParam<Row> {};

TEST_P(UpstreamError, IsToldSo) {
  const Row& row = GetParam();

  const Failure failure = MapUpstreamError(row.upstream, row.body, std::nullopt, false);

  EXPECT_EQ(failure.status, row.status);
  EXPECT_EQ(failure.type, row.type);
  EXPECT_EQ(failure.code, row.code);
  EXPECT_EQ(failure.message, row.message);
  EXPECT_EQ(failure.retryable, row.retryable);
  EXPECT_EQ(failure.upstream_status, row.upstream);
  EXPECT_EQ(failure.body, "");
  EXPECT_NE(failure.status, 500) << "Codex hides the text of a 500";
  EXPECT_FALSE(failure.retry_after_ms) << "the provider named none";
}

INSTANTIATE_TEST_SUITE_P(Table, UpstreamError, ::testing::ValuesIn(kRows),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(UpstreamError, PassesTheRetryTimeOn) {
  EXPECT_EQ(MapUpstreamError(429, "", 2000, false).retry_after_ms, 2000);
  EXPECT_EQ(MapUpstreamError(503, "", 3000, false).retry_after_ms, 3000);
}

TEST(UpstreamError, ShortensALongMessageBetweenCharacters) {
  std::string message = "x";
  for (int i = 0; i < 2000; ++i) message += "ü";

  const Failure failure = MapUpstreamError(400, message, std::nullopt, false);

  EXPECT_LT(failure.message.size(), 2010u);
  EXPECT_NO_THROW(Json::parse(ErrorBody(failure)));
}

TEST(UpstreamError, MakesTextOfBytes) {
  const Failure failure = MapUpstreamError(400, "caf\xE9", std::nullopt, false);

  EXPECT_EQ(Json::parse(ErrorBody(failure))["error"]["message"], "caf?");
}

TEST(SameDialect, KeepsTheProvidersOwnBodyAndStatus) {
  for (const int status : {400, 404, 409, 413, 422, 429}) {
    const std::string body =
        R"({"error":{"message":"own words","type":"own_type","param":"x","code":"own_code"},"more":1})";
    const Failure failure = MapUpstreamError(status, body, std::nullopt, true);
    EXPECT_EQ(failure.status, status);
    EXPECT_EQ(ErrorBody(failure), body);
    EXPECT_EQ(failure.code, "own_code");
  }
}

TEST(SameDialect, MakesTheCodeAString) {
  const Failure failure = MapUpstreamError(400, R"({"error":{"message":"m","code":1234}})", std::nullopt, true);

  EXPECT_EQ(ErrorBody(failure), R"({"error":{"message":"m","code":"1234"}})");
}

TEST(SameDialect, TellsContextLengthInTheWordsThatClientsKnow) {
  const Failure failure =
      MapUpstreamError(400, R"({"error":{"message":"maximum context length is 5","code":400}})", std::nullopt, true);

  EXPECT_EQ(failure.body, "");
  EXPECT_EQ(failure.code, "context_length_exceeded");
}

TEST(SameDialect, NeverShowsCredentialsOrServerFaults) {
  for (const int status : {401, 403, 500, 502}) {
    EXPECT_EQ(MapUpstreamError(status, R"({"error":{"message":"m","code":"c"}})", std::nullopt, true).body, "");
  }
}

TEST(ConnectFailure, IsForAnotherTargetAndNamesTheDetail) {
  const Failure failure = ConnectFailure(ConnectFault::kRefused, "connection refused");

  EXPECT_EQ(failure.status, 503);
  EXPECT_EQ(failure.code, "upstream_unreachable");
  EXPECT_THAT(failure.message, HasSubstr("connection refused"));
  EXPECT_TRUE(failure.retryable);
  EXPECT_EQ(ConnectFailure(ConnectFault::kFirstByteTimeout, "").status, 504);
  EXPECT_EQ(ConnectFailure(ConnectFault::kTls, "").code, "upstream_tls_failed");
}

TEST(StreamErrorCode, IsAlwaysAWord) {
  EXPECT_EQ(StreamErrorCode("500", "server_error", "m"), "server_error");
  EXPECT_EQ(StreamErrorCode("400", "BadRequestError", "m"), "invalid_prompt");
  EXPECT_EQ(StreamErrorCode("429", "", "m"), "rate_limit_exceeded");
  EXPECT_EQ(StreamErrorCode("", "", "m"), "server_error");
  EXPECT_EQ(StreamErrorCode("", "overloaded", "m"), "overloaded");
  EXPECT_EQ(StreamErrorCode("own", "t", "m"), "own");
  EXPECT_EQ(StreamErrorCode("own", "t", "the prompt is too long"), "context_length_exceeded");
  EXPECT_EQ(StreamErrorCode("usage_not_included", "", "m"), "insufficient_quota");
}

TEST(StreamFailure, HasTheStatusThatFitsTheCode) {
  EXPECT_EQ(StreamFailure("context_length_exceeded", "m").status, 400);
  EXPECT_EQ(StreamFailure("model_not_found", "m").status, 404);
  EXPECT_EQ(StreamFailure("rate_limit_exceeded", "m").status, 429);
  EXPECT_EQ(StreamFailure("server_is_overloaded", "m").status, 503);
  EXPECT_EQ(StreamFailure("anything", "m").status, 502);
}

TEST(ErrorBody, IsOpenAIs) {
  Failure failure;
  failure.message = "a \"quoted\" word";

  EXPECT_EQ(ErrorBody(failure),
            R"({"error":{"message":"a \"quoted\" word","type":"server_error","param":null,"code":null}})");
}

}  // namespace
}  // namespace wayleave::provider
