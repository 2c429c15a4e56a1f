#include "gateway/errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <optional>

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
    ::testing::Values(MappingCase{Code::kInvalidArgument, 400, "invalid_request_error", "invalid_prompt"},
                      MappingCase{Code::kFailedPrecondition, 400, "invalid_request_error", "invalid_prompt"},
                      MappingCase{Code::kOutOfRange, 400, "invalid_request_error", "invalid_prompt"},
                      MappingCase{Code::kUnauthenticated, 401, "authentication_error", "invalid_api_key"},
                      MappingCase{Code::kPermissionDenied, 403, "permission_error", "permission_denied"},
                      MappingCase{Code::kNotFound, 404, "invalid_request_error", "not_found"},
                      MappingCase{Code::kAlreadyExists, 409, "invalid_request_error", "conflict"},
                      MappingCase{Code::kAborted, 409, "invalid_request_error", "conflict"},
                      MappingCase{Code::kResourceExhausted, 429, "rate_limit_error", "rate_limit_exceeded"},
                      MappingCase{Code::kUnimplemented, 501, "server_error", "not_implemented"},
                      MappingCase{Code::kUnavailable, 503, "server_error", "service_unavailable"},
                      MappingCase{Code::kDeadlineExceeded, 504, "timeout_error", "timeout"},
                      MappingCase{Code::kCancelled, 503, "server_error", "service_unavailable"},
                      MappingCase{Code::kUnknown, 503, "server_error", "service_unavailable"},
                      MappingCase{Code::kInternal, 503, "server_error", "service_unavailable"},
                      MappingCase{Code::kDataLoss, 503, "server_error", "service_unavailable"}),
    [](const auto& test) { return "Code" + std::to_string(static_cast<int>(test.param.code)); });

constexpr Addressee kCodex{provider::v1::ENDPOINT_RESPONSES, "req_1"};
constexpr Addressee kClaude{provider::v1::ENDPOINT_MESSAGES, "req_1"};

// Codex shows the raw JSON of a 400 whose code it does not know, and the message alone of one that it knows.
TEST(ErrorResponseTest, CodexReadsTheMessageOfEveryBadRequest) {
  const auto code_of = [](const char* reason, const Addressee& to) {
    return ErrorIn(ErrorResponse(Error{Code::kInvalidArgument, "why", reason, {}}, to)).at("code");
  };
  EXPECT_EQ(code_of("invalid_json", kCodex), "invalid_prompt");
  EXPECT_EQ(code_of("unknown_provider", kCodex), "invalid_prompt");
  EXPECT_EQ(code_of("invalid_json", {}), "invalid_json");
  for (const char* known : {"invalid_prompt", "model_not_found", "content_policy_violation", "cyber_policy",
                            "bio_policy", "context_length_exceeded"}) {
    EXPECT_EQ(code_of(known, kCodex), known);
  }
}

TEST(ErrorResponseTest, CodexKeepsTheCodesOfAllOtherErrors) {
  EXPECT_EQ(ErrorIn(ErrorResponse(Error{Code::kNotFound, "", "model_not_found", {}}, kCodex)).at("code"),
            "model_not_found");
  EXPECT_EQ(ErrorIn(ErrorResponse(Error{Code::kUnavailable, "", "server_is_overloaded", {}}, kCodex)).at("code"),
            "server_is_overloaded");
}

// Codex repeats a 403 six times and shows status and URL with it.
TEST(ErrorResponseTest, ADenialIsOneCleanSentenceForCodexAndForbiddenForOthers) {
  const Error denied{Code::kPermissionDenied, "Ask the platform team.", "denied_by_rule", {}};

  const http::Response codex = ErrorResponse(denied, kCodex);
  EXPECT_EQ(codex.status, 400);
  EXPECT_EQ(ErrorIn(codex).at("code"), "invalid_prompt");
  EXPECT_EQ(ErrorIn(codex).at("type"), "invalid_request_error");
  EXPECT_EQ(ErrorIn(codex).at("message"), "Ask the platform team.");
  EXPECT_EQ(ErrorResponse(denied).status, 403);
  EXPECT_EQ(ErrorIn(ErrorResponse(denied)).at("code"), "denied_by_rule");
  EXPECT_EQ(ErrorResponse(denied, kClaude).status, 403);
}

// Codex tries a 503 thirty times, and waits as long as it is told each time.
TEST(ErrorResponseTest, CodexOutwaitsAnOutageThatIsShort) {
  const auto told = [](std::chrono::milliseconds wait, const Addressee& to) {
    const http::Response response = ErrorResponse(Error{Code::kUnavailable, "why", "no_healthy_target", wait}, to);
    EXPECT_EQ(response.status, 503);
    return std::string(response.headers.Get("retry-after")) + " " + ErrorIn(response).at("code").get<std::string>();
  };
  EXPECT_EQ(told(900ms, kCodex), "1 no_healthy_target");
  EXPECT_EQ(told(60s, kCodex), "5 no_healthy_target");
  EXPECT_EQ(told(149s, kCodex), "5 no_healthy_target");
  EXPECT_EQ(told(150s, kCodex), " server_is_overloaded");
  EXPECT_EQ(told(60s, {}), "60 no_healthy_target");
  EXPECT_EQ(told(1h, {}), "3600 no_healthy_target");
}

// Of a 429 Codex shows nothing, and soon gives up. Clients that are no Codex understand it.
TEST(ErrorResponseTest, CodexWaitsForALimitAndOthersAreToldOfIt) {
  const auto told = [](std::optional<std::chrono::milliseconds> wait, bool codex) {
    const Error error{Code::kResourceExhausted, "The limit of key k is reached.", "rate_limit_exceeded", wait};
    const http::Response response = ErrorResponse(error, {provider::v1::ENDPOINT_RESPONSES, "req_1", codex});
    EXPECT_EQ(ErrorIn(response).at("message"), "The limit of key k is reached.");
    return std::to_string(response.status) + " " + std::string(response.headers.Get("retry-after")) + " " +
           ErrorIn(response).at("code").get<std::string>();
  };
  EXPECT_EQ(told(1s, true), "503 5 slow_down");
  EXPECT_EQ(told(std::nullopt, true), "503 5 slow_down");
  EXPECT_EQ(told(42'100ms, true), "503 43 slow_down");
  EXPECT_EQ(told(1s, false), "429 1 rate_limit_exceeded");
  EXPECT_EQ(told(42'100ms, false), "429 43 rate_limit_exceeded");
}

TEST(ErrorResponseTest, KnowsCodexByItsHeaders) {
  const auto is_codex = [](const char* name, const char* value) {
    http::HeaderList headers;
    headers.Add(name, value);
    return IsCodex(headers);
  };
  EXPECT_TRUE(is_codex("originator", "codex_exec"));
  EXPECT_TRUE(is_codex("originator", "codex-tui"));
  EXPECT_TRUE(is_codex("user-agent", "codex_cli_rs/0.100.0 (Debian 12.0.0; x86_64)"));
  EXPECT_TRUE(is_codex("x-codex-window-id", "5a1e:0"));
  EXPECT_FALSE(is_codex("originator", "some-editor"));
  EXPECT_FALSE(is_codex("user-agent", "OpenAI/JS 5.0.0"));
  EXPECT_FALSE(is_codex("user-agent", "curl/7.88.1 codex"));
  EXPECT_FALSE(IsCodex({}));
}

// Codex stops by itself at this code; the vendors' SDKs have to be told.
TEST(ErrorResponseTest, AQuotaThatIsUsedUpIsNotTriedAgain) {
  const http::Response used_up = ErrorResponse(Error{Code::kResourceExhausted, "", "insufficient_quota", {}});

  EXPECT_EQ(used_up.headers.Get("x-should-retry"), "false");
  EXPECT_FALSE(ErrorResponse(Error{Code::kResourceExhausted, "", {}, {}}).headers.Has("x-should-retry"));
}

struct MessagesCase {
  const char* name;
  int status;
  const char* code;
  int told;
  const char* type;
};

class MessagesErrorTest : public ::testing::TestWithParam<MessagesCase> {};

TEST_P(MessagesErrorTest, HasAnthropicsStatusAndType) {
  const http::Response response =
      ErrorResponse(GetParam().status, "any", GetParam().code, "what \"happened\"", kClaude);

  EXPECT_EQ(response.status, GetParam().told);
  EXPECT_EQ(response.headers.Get("content-type"), "application/json");
  EXPECT_EQ(json::parse(response.body), (json{{"type", "error"},
                                              {"error", {{"type", GetParam().type}, {"message", "what \"happened\""}}},
                                              {"request_id", "req_1"}}));
}

INSTANTIATE_TEST_SUITE_P(
    All, MessagesErrorTest,
    ::testing::Values(MessagesCase{"BadRequest", 400, "invalid_prompt", 400, "invalid_request_error"},
                      MessagesCase{"Key", 401, "invalid_api_key", 401, "authentication_error"},
                      MessagesCase{"Permission", 403, "model_not_allowed", 403, "permission_error"},
                      MessagesCase{"Model", 404, "model_not_found", 404, "not_found_error"},
                      MessagesCase{"Method", 405, "method_not_allowed", 405, "invalid_request_error"},
                      MessagesCase{"Conflict", 409, "conflict", 409, "invalid_request_error"},
                      MessagesCase{"Size", 413, "request_too_large", 413, "request_too_large"},
                      MessagesCase{"Coding", 415, "unsupported_encoding", 415, "invalid_request_error"},
                      MessagesCase{"Rate", 429, "rate_limit_exceeded", 429, "rate_limit_error"},
                      MessagesCase{"Bug", 500, "", 500, "api_error"},
                      MessagesCase{"Upstream", 502, "upstream_error", 502, "api_error"},
                      MessagesCase{"Unavailable", 503, "service_unavailable", 503, "api_error"},
                      MessagesCase{"Overloaded", 503, "server_is_overloaded", 529, "overloaded_error"},
                      MessagesCase{"SlowDown", 503, "slow_down", 529, "overloaded_error"},
                      MessagesCase{"Late", 504, "timeout", 504, "timeout_error"}),
    [](const auto& test) { return std::string(test.param.name); });

// Claude Code shortens the conversation when it reads these words.
TEST(MessagesErrorTest, AFullContextIsToldInTheWordsThatClientsLookFor) {
  const auto text = [](const char* message) {
    return json::parse(ErrorResponse(400, "", "context_length_exceeded", message, kClaude).body)
        .at("error")
        .at("message");
  };
  EXPECT_EQ(text("9 tokens are too many"), "prompt is too long: 9 tokens are too many");
  EXPECT_EQ(text("prompt is too long: 9 tokens > 8 maximum"), "prompt is too long: 9 tokens > 8 maximum");
}

// Anthropic's SDKs then send the whole conversation by themselves.
TEST(MessagesErrorTest, ARefusedThreadIsToldInTheDetailsThatClientsActOn) {
  const json error =
      json::parse(ErrorResponse(400, "", "thread_unsupported_request", "no threads", kClaude).body).at("error");

  EXPECT_EQ(error.at("details").at("error_code"), "thread_unsupported_request");
  EXPECT_TRUE(error.at("details").at("unsupported").is_array());
}

TEST(AddIdsTest, AnthropicsClientsFindTheirOwnHeader) {
  http::HeaderList codex, claude;
  AddIds(kCodex.endpoint, "req_1", codex);
  AddIds(kClaude.endpoint, "req_1", claude);

  EXPECT_EQ(codex.Get("x-request-id"), "req_1");
  EXPECT_FALSE(codex.Has("request-id"));
  EXPECT_EQ(claude.Get("x-request-id"), "req_1");
  EXPECT_EQ(claude.Get("request-id"), "req_1");
}

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

TEST(FailureResponseTest, AMessagesClientReadsItInItsOwnForm) {
  provider::v1::Failure failure = FailureOf(503);
  failure.set_code("server_is_overloaded");
  const http::Response response = FailureResponse(failure, kClaude);

  EXPECT_EQ(response.status, 529);
  EXPECT_EQ(json::parse(response.body).at("error").at("type"), "overloaded_error");

  failure.set_body(R"({"type":"error","error":{"type":"api_error","message":"m"}})");
  EXPECT_EQ(FailureResponse(failure, kClaude).body, failure.body());
  EXPECT_EQ(FailureResponse(failure, kClaude).status, 503);
}

TEST(FailureResponseTest, A429AlwaysSaysHowLongToWait) {
  provider::v1::Failure failure = FailureOf(429);
  EXPECT_EQ(FailureResponse(failure).headers.Get("retry-after"), "5");

  failure.mutable_retry_after()->set_seconds(2);
  failure.mutable_retry_after()->set_nanos(1'000'000);
  EXPECT_EQ(FailureResponse(failure).headers.Get("retry-after"), "3");
  EXPECT_EQ(FailureResponse(failure).headers.Count("retry-after"), 1u);
}

// Without it Codex gives the turn up after three seconds; with it, it waits and asks again.
TEST(FailureResponseTest, AnOverloadKeepsTheHintForEveryDoor) {
  provider::v1::Failure failure = FailureOf(503);
  failure.set_code("server_is_overloaded");
  EXPECT_FALSE(FailureResponse(failure, kCodex).headers.Has("retry-after"));

  failure.mutable_retry_after()->set_seconds(5);
  for (const Addressee& to : {kCodex, kClaude, Addressee{}}) {
    EXPECT_EQ(FailureResponse(failure, to).headers.Get("retry-after"), "5");
  }
  EXPECT_EQ(ErrorIn(FailureResponse(failure, kCodex)).at("code"), "server_is_overloaded");
}

TEST(ServerErrorPageTest, HasTheSameForm) {
  for (const auto& [status, type, code] :
       std::vector<std::tuple<int, std::string, json>>{{400, "invalid_request_error", nullptr},
                                                       {408, "invalid_request_error", nullptr},
                                                       {413, "invalid_request_error", "request_too_large"},
                                                       {415, "invalid_request_error", "unsupported_encoding"},
                                                       {431, "invalid_request_error", nullptr},
                                                       {500, "server_error", nullptr},
                                                       {501, "server_error", nullptr}}) {
    const http::Response response = ServerErrorPage({}, status, "message");

    EXPECT_EQ(response.status, status);
    EXPECT_EQ(ErrorIn(response).at("type"), type);
    EXPECT_EQ(ErrorIn(response).at("code"), code);
  }
}

TEST(ServerErrorPageTest, SpeaksTheDialectOfTheDoor) {
  http::Request request;
  request.target = "/v1/messages?beta=true";
  EXPECT_EQ(json::parse(ServerErrorPage(request, 408, "m").body).at("type"), "error");
  request.target = "/v1/responses";
  EXPECT_EQ(ErrorIn(ServerErrorPage(request, 408, "m")).at("message"), "m");
  request.target = "/v1/models";
  request.headers.Add("anthropic-version", "2023-06-01");
  EXPECT_EQ(json::parse(ServerErrorPage(request, 408, "m").body).at("type"), "error");
}

TEST(ServerErrorPageTest, TooMuchNamesTheSetting) {
  EXPECT_THAT(ErrorIn(ServerErrorPage({}, 413, "m")).at("message").get<std::string>(),
              ::testing::HasSubstr("gateway.limits.body_bytes"));
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

TEST(BrokenStreamEventTest, IsAnErrorEventForAMessagesClient) {
  for (const auto& [code, type] :
       std::vector<std::pair<std::string, std::string>>{{"server_error", "api_error"},
                                                        {"timeout", "timeout_error"},
                                                        {"rate_limit_exceeded", "rate_limit_error"},
                                                        {"server_is_overloaded", "overloaded_error"}}) {
    const std::string event = BrokenStreamEvent(provider::v1::ENDPOINT_MESSAGES, "msg_1", 7, code, "a\nb \xff");

    EXPECT_THAT(event, StartsWith("event: error\ndata: "));
    EXPECT_EQ(DataOf(event).at("type"), "error");
    EXPECT_EQ(DataOf(event).at("error").at("type"), type);
    EXPECT_THAT(DataOf(event).at("error").at("message").get<std::string>(), StartsWith("a\nb "));
  }
}

}  // namespace
}  // namespace wayleave::gateway
