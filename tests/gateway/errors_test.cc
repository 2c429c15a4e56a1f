#include "gateway/errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace wayleave::gateway {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::StartsWith;

json ErrorIn(const http::Response& response) {
  const json body = json::parse(response.body);
  EXPECT_EQ(body.size(), 1u);
  EXPECT_EQ(body.at("error").size(), 4u);
  return body.at("error");
}

struct MappingCase {
  Code code;
  int status;
  const char* type;
  json error_code;
};

class ErrorMappingTest : public ::testing::TestWithParam<MappingCase> {};

TEST_P(ErrorMappingTest, HasItsStatusTypeAndCode) {
  const http::Response response = ErrorResponse(Error{GetParam().code, "what happened", {}, {}});

  EXPECT_EQ(response.status, GetParam().status);
  EXPECT_EQ(response.headers.Get("content-type"), "application/json");
  const json error = ErrorIn(response);
  EXPECT_EQ(error.at("message"), "what happened");
  EXPECT_EQ(error.at("type"), GetParam().type);
  EXPECT_EQ(error.at("param"), nullptr);
  EXPECT_EQ(error.at("code"), GetParam().error_code);
  EXPECT_EQ(response.headers.Has("retry-after"), GetParam().status == 429);
  EXPECT_EQ(response.headers.Has("www-authenticate"), GetParam().status == 401);
}

INSTANTIATE_TEST_SUITE_P(
    All, ErrorMappingTest,
    ::testing::Values(MappingCase{Code::kInvalidArgument, 400, "invalid_request_error", nullptr},
                      MappingCase{Code::kFailedPrecondition, 400, "invalid_request_error", nullptr},
                      MappingCase{Code::kOutOfRange, 400, "invalid_request_error", nullptr},
                      MappingCase{Code::kUnauthenticated, 401, "authentication_error", "invalid_api_key"},
                      MappingCase{Code::kPermissionDenied, 403, "permission_error", nullptr},
                      MappingCase{Code::kNotFound, 404, "invalid_request_error", nullptr},
                      MappingCase{Code::kAlreadyExists, 409, "invalid_request_error", nullptr},
                      MappingCase{Code::kAborted, 409, "invalid_request_error", nullptr},
                      MappingCase{Code::kResourceExhausted, 429, "rate_limit_error", "rate_limit_exceeded"},
                      MappingCase{Code::kUnimplemented, 501, "server_error", nullptr},
                      MappingCase{Code::kUnavailable, 503, "server_error", "service_unavailable"},
                      MappingCase{Code::kDeadlineExceeded, 504, "timeout_error", "timeout"},
                      MappingCase{Code::kCancelled, 503, "server_error", nullptr},
                      MappingCase{Code::kUnknown, 503, "server_error", nullptr},
                      MappingCase{Code::kInternal, 503, "server_error", nullptr},
                      MappingCase{Code::kDataLoss, 503, "server_error", nullptr}),
    [](const auto& test) { return "Code" + std::to_string(static_cast<int>(test.param.code)); });

TEST(ErrorResponseTest, AReasonOfTheServiceIsTheCode) {
  const http::Response response = ErrorResponse(Error{Code::kNotFound, "no such model", "model_not_found", {}});

  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(ErrorIn(response).at("code"), "model_not_found");
}

TEST(ErrorResponseTest, RetryAfterIsInWholeSecondsRoundedUp) {
  for (const auto& [time, header] : std::vector<std::pair<std::chrono::milliseconds, std::string>>{
           {1ms, "1"}, {1000ms, "1"}, {1001ms, "2"}, {90s, "90"}}) {
    const http::Response limited = ErrorResponse(Error{Code::kResourceExhausted, "", {}, time});
    EXPECT_EQ(limited.headers.Get("retry-after"), header);
    EXPECT_EQ(limited.headers.Count("retry-after"), 1u);
    EXPECT_EQ(ErrorResponse(Error{Code::kUnavailable, "", {}, time}).headers.Get("retry-after"), header);
  }
}

TEST(ErrorResponseTest, WhateverTheMessageHoldsTheBodyIsJson) {
  for (const std::string message :
       {"\"quotes\" and \\", "line\nline\r\n\t", "\xff\xfe not unicode", "größe 日本", ""}) {
    EXPECT_NO_THROW(ErrorIn(ErrorResponse(Error{Code::kInternal, message, message, {}}))) << message;
  }
  EXPECT_EQ(ErrorIn(ErrorResponse(Error{Code::kInternal, "größe \"日本\"", {}, {}})).at("message"), "größe \"日本\"");
}

provider::v1::Failure FailureOf(int status) {
  provider::v1::Failure failure;
  failure.set_status(status);
  failure.set_type("type");
  failure.set_code("code");
  failure.set_message("message");
  return failure;
}

TEST(FailureResponseTest, SaysWhatTheProviderSaid) {
  const http::Response response = FailureResponse(FailureOf(502));

  EXPECT_EQ(response.status, 502);
  EXPECT_EQ(ErrorIn(response), (json{{"message", "message"}, {"type", "type"}, {"param", nullptr}, {"code", "code"}}));
  EXPECT_FALSE(response.headers.Has("retry-after"));
}

TEST(FailureResponseTest, TheProvidersOwnBodyIsPassedOnUnchanged) {
  provider::v1::Failure failure = FailureOf(400);
  failure.set_body(R"({"error":{"message":"m","extra":[1]}})");

  EXPECT_EQ(FailureResponse(failure).body, failure.body());
}

TEST(FailureResponseTest, A429AlwaysSaysHowLongToWait) {
  provider::v1::Failure failure = FailureOf(429);
  EXPECT_EQ(FailureResponse(failure).headers.Get("retry-after"), "5");

  failure.mutable_retry_after()->set_seconds(2);
  failure.mutable_retry_after()->set_nanos(1'000'000);
  EXPECT_EQ(FailureResponse(failure).headers.Get("retry-after"), "3");
  EXPECT_EQ(FailureResponse(failure).headers.Count("retry-after"), 1u);
}

TEST(ServerErrorPageTest, HasTheSameForm) {
  for (const auto& [status, type, code] :
       std::vector<std::tuple<int, std::string, json>>{{400, "invalid_request_error", nullptr},
                                                       {408, "invalid_request_error", nullptr},
                                                       {413, "invalid_request_error", "request_too_large"},
                                                       {431, "invalid_request_error", nullptr},
                                                       {500, "server_error", nullptr},
                                                       {501, "server_error", nullptr}}) {
    const http::Response response = ServerErrorPage(status, "message");

    EXPECT_EQ(response.status, status);
    EXPECT_EQ(ErrorIn(response).at("type"), type);
    EXPECT_EQ(ErrorIn(response).at("code"), code);
  }
}

// "data: {…}\n\n" at the end of an event.
json DataOf(const std::string& event) {
  EXPECT_TRUE(event.ends_with("\n\n"));
  EXPECT_EQ(event.find("\n\n"), event.size() - 2);
  return json::parse(event.substr(event.find("data: ") + 6));
}

TEST(BrokenStreamEventTest, IsAFailedResponseForAResponsesClient) {
  const std::string event =
      BrokenStreamEvent(provider::v1::ENDPOINT_RESPONSES, "resp_1", 7, "timeout", "too \"long\"\n\n and \xff");

  EXPECT_THAT(event, StartsWith("event: response.failed\ndata: "));
  const json data = DataOf(event);
  EXPECT_EQ(data.at("type"), "response.failed");
  EXPECT_EQ(data.at("sequence_number"), 7);
  const json& response = data.at("response");
  EXPECT_EQ(response.at("id"), "resp_1");
  EXPECT_EQ(response.at("object"), "response");
  EXPECT_EQ(response.at("status"), "failed");
  EXPECT_EQ(response.at("error").at("code"), "timeout");
  EXPECT_THAT(response.at("error").at("message").get<std::string>(), StartsWith("too \"long\"\n\n and "));
  EXPECT_GT(response.at("created_at"), 1'600'000'000);
  EXPECT_TRUE(response.at("output").is_array());
}

TEST(BrokenStreamEventTest, IsAnErrorChunkForAChatClient) {
  const std::string event =
      BrokenStreamEvent(provider::v1::ENDPOINT_CHAT_COMPLETIONS, "", 7, "server_error", "a\nb \xff");

  EXPECT_THAT(event, StartsWith("data: "));
  const json error = DataOf(event).at("error");
  EXPECT_EQ(error.at("code"), "server_error");
  EXPECT_EQ(error.at("type"), "server_error");
  EXPECT_THAT(error.at("message").get<std::string>(), StartsWith("a\nb "));
}

}  // namespace
}  // namespace wayleave::gateway
