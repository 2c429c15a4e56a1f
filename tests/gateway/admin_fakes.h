#pragma once

#include <google/protobuf/message.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "gateway/admin/admin_api.h"
#include "gateway/admin/admin_port.h"

namespace wayleave::gateway {

inline constexpr char kAdminKey[] = "wl_0123456789secret";

// AdminService as a script: remembers what it was asked and answers what it was told to.
class FakeAdminPort : public AdminPort {
 public:
  struct Asked {
    std::string method;
    std::unique_ptr<google::protobuf::Message> request;
    AdminCaller caller;
  };

  Task<Status> Call(std::string_view method, const google::protobuf::Message& request,
                    google::protobuf::Message& response, const AdminCaller& caller) override {
    asked.push_back({std::string(method), std::unique_ptr<google::protobuf::Message>(request.New()), caller});
    asked.back().request->CopyFrom(request);
    if (failure) co_return *failure;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(answer, &response)) << answer;
    co_return Status{};
  }

  Task<Result<auth::v1::DescribeCallerResponse>> Describe(const AdminCaller& caller) override {
    described.push_back(caller);
    if (failure) co_return *failure;
    auth::v1::DescribeCallerResponse response;
    response.set_tenant(tenant);
    co_return response;
  }

  std::vector<Asked> asked;
  std::vector<AdminCaller> described;
  std::string answer;  // in protobuf's text format
  std::string tenant;  // the only one that the caller sees
  std::optional<Error> failure;
};

// A gateway that has one tenant and nothing else to tell.
class FakeLivePort : public LivePort {
 public:
  Task<Result<v1::Live>> Look(const AdminCaller& caller) override {
    callers.push_back(caller);
    if (failure) co_return *failure;
    v1::Live live;
    live.add_tenants()->set_name("research");
    co_return live;
  }
  Task<Result<v1::Health>> Check(const AdminCaller& caller) override {
    callers.push_back(caller);
    if (failure) co_return *failure;
    v1::Health health;
    health.add_parts()->set_name("router");
    co_return health;
  }

  std::vector<AdminCaller> callers;
  std::optional<Error> failure;
};

// The API in front of the script. What it answers is complete at once, since nothing waits.
class AdminApiTest : public ::testing::Test {
 protected:
  static http::Request Request(const std::string& method, const std::string& target, const std::string& body = {}) {
    http::Request request;
    request.method = method;
    request.target = target;
    request.body = body;
    request.peer = "127.0.0.1";
    request.headers.Add("host", "127.0.0.1:9787");
    request.headers.Add("authorization", std::string("Bearer ") + kAdminKey);
    if (!body.empty()) request.headers.Add("content-type", "application/json");
    return request;
  }
  // Another value of a header; "" takes it away.
  static http::Request With(const http::Request& request, const std::string& name, const std::string& value) {
    http::Request other = request;
    other.headers = {};
    for (const auto& [key, old] : request.headers.entries()) {
      if (key != name) other.headers.Add(key, old);
    }
    if (!value.empty()) other.headers.Add(name, value);
    return other;
  }

  http::Response Send(const http::Request& request) {
    std::optional<http::Response> response;
    Store(api_, request, response);
    return *std::move(response);
  }
  http::Response Send(const std::string& method, const std::string& target, const std::string& body = {}) {
    return Send(Request(method, target, body));
  }
  static nlohmann::json BodyOf(const http::Response& response) {
    return nlohmann::json::parse(response.body, nullptr, false);
  }
  static std::string MessageOf(const http::Response& response) {
    const nlohmann::json body = BodyOf(response);
    return body.is_object() && body.contains("error") ? body["error"].value("message", "") : "";
  }

  FakeAdminPort port_;
  FakeLivePort live_;
  AdminApi api_{port_, live_, {.hosts = {"gateway.corp"}}};

 private:
  static detail::Root Store(AdminApi& api, const http::Request& request, std::optional<http::Response>& into) {
    into.emplace(co_await api.Answer(request));
  }
};

}  // namespace wayleave::gateway
