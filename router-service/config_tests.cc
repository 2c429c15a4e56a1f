#include "router-service/conditions/endpoints.h"
#include "router-service/conditions/needs.h"
#include "router-service/conditions/shares.h"
#include "base/time/zone.h"
#include "router-service/config_reading.h"

namespace wayleave::router {
namespace {

using config::Section;

void ReadAt(Section& section, v1::RouteRequest& request) {
  if (!section.Has("at")) return;
  std::string text;
  section.Read("at", text);
  const auto time = ParseTime(text);
  if (!time) section.Fail("at", "must be a time with its offset, like \"2026-11-20T23:00+09:00\"");
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time->time_since_epoch());
  request.mutable_at()->set_seconds(seconds.count());
}

void ReadMap(Section& section, const char* key, google::protobuf::Map<std::string, std::string>& into, bool lower) {
  std::map<std::string, std::string> values;
  section.Read(key, values);
  for (auto& [name, value] : values) {
    std::string known = name;
    for (char& c : known) {
      if (lower && c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    into[known] = std::move(value);
  }
}

void ReadPrincipal(Section& section, auth::v1::Principal& principal) {
  section.Read("tenant", *principal.mutable_tenant());
  section.Read("user", *principal.mutable_user());
  std::vector<std::string> roles;
  section.Read("role", roles);
  for (std::string& role : roles) principal.add_roles(std::move(role));
  ReadMap(section, "key", *principal.mutable_labels(), false);
  if (section.Has("budget_left")) principal.set_budget_left(ReadPercentage(section, "budget_left") / 100);
}

void ReadCount(Section& section, const char* key, std::int64_t& into) {
  section.Read(key, into);
  if (into < 0) section.Fail(key, "must not be negative");
}

v1::RouteRequest ReadGiven(Section& section) {
  v1::RouteRequest request;
  section.Read("model", *request.mutable_model());
  section.Read("session", *request.mutable_session());
  request.set_endpoint(provider::v1::ENDPOINT_RESPONSES);
  if (section.Has("endpoint")) request.set_endpoint(ReadEndpoints(section, "endpoint").front());
  if (section.Has("needs")) *request.mutable_needs() = ReadNeedsList(section, "needs");
  ReadAt(section, request);
  ReadMap(section, "header", *request.mutable_headers(), true);
  ReadPrincipal(section, *request.mutable_principal());
  std::int64_t input = 0, output = 0;
  ReadCount(section, "input_tokens", input);
  ReadCount(section, "max_output_tokens", output);
  request.set_input_tokens(input);
  request.set_max_output_tokens(output);
  section.Allow({"endpoint", "needs", "at", "budget_left"});
  section.Done();
  return request;
}

void ReadExpectation(Section& section, const std::vector<std::string>& providers, TestConfig& test) {
  if (!section.IsMapping("expect")) {
    test.targets = ReadTargets(section, "expect", providers);
    test.first_only = test.targets.size() == 1;
    return;
  }
  Section expect = section.Child("expect");
  if (expect.Has("deny")) expect.Read("deny", test.deny.emplace());
  expect.Read("rule", test.rule);
  if (expect.Has("targets")) test.targets = ReadTargets(expect, "targets", providers);
  expect.Allow({"deny", "targets"});
  expect.Done();
  const bool something = test.deny || !test.rule.empty() || !test.targets.empty();
  if (!something) section.Fail("expect", "needs a target, or one of: deny, rule, targets");
}

}  // namespace

void ReadTests(Section& root, RoutingConfig& config) {
  for (Section& section : root.List("tests")) {
    TestConfig test;
    test.where = section.Where();
    Section given = section.Child("given");
    test.given = ReadGiven(given);
    ReadExpectation(section, config.providers, test);
    section.Done();
    config.tests.push_back(std::move(test));
  }
}

}  // namespace wayleave::router
