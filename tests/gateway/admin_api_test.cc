#include "gateway/admin/admin_api.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>

#include <random>
#include <set>

#include "base/app/program.h"
#include "base/crypto/digest.h"
#include "base/crypto/encoding.h"
#include "gateway/admin/request_writer.h"
#include "gateway/admin/routes.h"
#include "gateway/admin/status_page.h"
#include "tests/base/raw_client.h"
#include "tests/gateway/admin_fakes.h"
#include "wayleave/auth/v1/auth.pb.h"

namespace wayleave::gateway {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using google::protobuf::Message;
using google::protobuf::TextFormat;

struct Good {
  const char* method;
  const char* target;
  const char* body;
  const char* rpc;
  const char* request;  // what AdminService is asked, in protobuf's text format
  int status = 200;
};

const Good kGood[] = {
    {"GET", "/admin/v1/tenants", "", "ListTenants", ""},
    {"POST", "/admin/v1/tenants", R"({"name":"research","terms":{"daily":{"hard_nano_usd":5000000000}}})",
     "CreateTenant", R"(tenant { name: "research" terms { daily { hard_nano_usd: 5000000000 } } })", 201},
    {"GET", "/admin/v1/tenants/known", "", "ListTenants", ""},
    {"HEAD", "/admin/v1/tenants/known", "", "ListTenants", ""},
    {"PATCH", "/admin/v1/tenants/research", R"({"terms":{"models":["gpt-*"],"days":["mon"]}})", "UpdateTenant",
     R"(name: "research" terms { models: "gpt-*" days: "mon" })"},
    {"PATCH", "/admin/v1/tenants/research", R"({"terms":{}})", "UpdateTenant", R"(name: "research" terms { })"},
    {"PATCH", "/admin/v1/tenants/research",
     R"({"terms":{},"content_key":"","user_terms":{"limits":{"requests_per_minute":3}}})", "UpdateTenant",
     R"(name: "research" terms { } content_key: "" user_terms { limits { requests_per_minute: 3 } })"},
    {"POST", "/admin/v1/tenants/research/suspend", R"({"because":"unpaid"})", "SuspendTenant",
     R"(name: "research" because: "unpaid")"},
    {"POST", "/admin/v1/tenants/research/suspend", "", "SuspendTenant", R"(name: "research")"},
    {"POST", "/admin/v1/tenants/research/resume", "", "SuspendTenant", R"(name: "research" resume: true)"},
    {"GET", "/admin/v1/tenants/research/users", "", "ListUsers", R"(tenant: "research")"},
    {"GET", "/admin/v1/tenants/research/users/known", "", "ListUsers", R"(tenant: "research")"},
    {"PUT", "/admin/v1/tenants/research/users/ann%40corp.example",
     R"({"terms":{"limits":{"requests_per_minute":10,"tokens_per_minute":"20"}}})", "PutUser",
     R"(user { tenant: "research" name: "ann@corp.example"
               terms { limits { requests_per_minute: 10 tokens_per_minute: 20 } } })"},
    {"PUT", "/admin/v1/tenants/research/users/ann", R"({"tenant":"research","name":"ann"})", "PutUser",
     R"(user { tenant: "research" name: "ann" })"},
    {"POST", "/admin/v1/tenants/research/users/ann/suspend", R"({"because":"left"})", "SuspendUser",
     R"(tenant: "research" name: "ann" because: "left")"},
    {"POST", "/admin/v1/tenants/research/users/ann/resume", "", "SuspendUser",
     R"(tenant: "research" name: "ann" resume: true)"},
    {"GET", "/admin/v1/keys", "", "ListKeys", ""},
    {"GET", "/admin/v1/keys?tenant=research", "", "ListKeys", R"(tenant: "research")"},
    {"POST", "/admin/v1/keys",
     R"({"name":"ci","tenant":"research","user":null,"scopes":["admin:read"],"labels":{"team":"a"},
         "expires_at":"2027-01-01T00:00:00+01:00"})",
     "CreateKey",
     R"(key { name: "ci" tenant: "research" scopes: "admin:read" labels { key: "team" value: "a" }
              expires_at { seconds: 1798758000 } })",
     201},
    {"GET", "/admin/v1/keys/known", "", "ListKeys", ""},
    {"PATCH", "/admin/v1/keys/key_1", R"({"terms":{"addresses":["10.0.0.0/8"]}})", "UpdateKey",
     R"(id: "key_1" terms { addresses: "10.0.0.0/8" })"},
    {"POST", "/admin/v1/keys/key_1/rotate", R"({"overlap":"3600s"})", "RotateKey",
     R"(id: "key_1" overlap { seconds: 3600 })", 201},
    {"POST", "/admin/v1/keys/key_1/rotate", "", "RotateKey", R"(id: "key_1")", 201},
    {"POST", "/admin/v1/keys/key_1/revoke", "", "RevokeKey", R"(id: "key_1")"},
    {"DELETE", "/admin/v1/keys/key_1", "", "RevokeKey", R"(id: "key_1")"},
    {"GET",
     "/admin/v1/usage?tenant=a&since=2026-01-01T00:00:00Z&limit=7&after=r1&until=2026-01-02T00:00:00+01:00&user=u&"
     "key_id=k&model=gpt%2F5&provider=p&session=s+1",
     "", "ListUsage",
     R"(tenant: "a" since { seconds: 1767225600 } limit: 7 after: "r1" until { seconds: 1767308400 } user: "u"
        key_id: "k" model: "gpt/5" provider: "p" session: "s 1")"},
    {"GET", "/admin/v1/usage/sums?by=tenant,day&timezone=Europe/Berlin&limit=5&tenant=a&since=2026-01-01T00:00:00Z", "",
     "SumUsage",
     R"(of { tenant: "a" since { seconds: 1767225600 } } by: "tenant" by: "day" timezone: "Europe/Berlin" limit: 5)"},
    {"GET", "/admin/v1/budgets?tenant=a", "", "ListBudgets", R"(tenant: "a")"},
    {"GET", "/admin/v1/audit?tenant=a&since=2026-01-01T00:00:00Z&kind=admin&limit=3&after=9007199254740993&chain=c", "",
     "ListAudit",
     R"(tenant: "a" since { seconds: 1767225600 } kind: "admin" limit: 3 after: 9007199254740993 chain: "c")"},
    {"GET", "/admin/v1/contents/rsv_1", "", "ReadContent", R"(reservation_id: "rsv_1")"},
};

// Lists that have what the routes for one of them look for.
std::string AnswerFor(const std::string& rpc) {
  if (rpc == "ListTenants") return R"(tenants { name: "other" } tenants { name: "known" })";
  if (rpc == "ListUsers") return R"(users { tenant: "research" name: "known" })";
  return rpc == "ListKeys" ? R"(keys { id: "known" })" : "";
}

bool Equals(const Message& asked, const std::string& text) {
  const std::unique_ptr<Message> wanted(asked.New());
  EXPECT_TRUE(TextFormat::ParseFromString(text, wanted.get())) << text;
  return google::protobuf::util::MessageDifferencer::Equals(asked, *wanted);
}

TEST_F(AdminApiTest, BringsEveryOperationToItsRpcWithTheRightRequest) {
  for (const Good& good : kGood) {
    SCOPED_TRACE(std::string(good.method) + " " + good.target);
    port_.asked.clear();
    port_.answer = AnswerFor(good.rpc);

    const http::Response response = Send(good.method, good.target, good.body);

    EXPECT_EQ(response.status, good.status) << response.body;
    ASSERT_EQ(port_.asked.size(), 1u) << response.body;
    EXPECT_EQ(port_.asked[0].method, good.rpc);
    EXPECT_TRUE(Equals(*port_.asked[0].request, good.request)) << port_.asked[0].request->DebugString();
    EXPECT_EQ(port_.asked[0].caller.credential, kAdminKey);
    EXPECT_EQ(port_.asked[0].caller.peer, "127.0.0.1");
    EXPECT_EQ(response.headers.Get("x-request-id"), port_.asked[0].caller.request_id);
  }
}

TEST_F(AdminApiTest, UnderstandsWhatItsOwnClientWrites) {
  for (const Good& good : kGood) {
    SCOPED_TRACE(std::string(good.method) + " " + good.target);
    port_.asked.clear();
    port_.answer = AnswerFor(good.rpc);
    Send(good.method, good.target, good.body);
    ASSERT_EQ(port_.asked.size(), 1u);

    const AdminHttpRequest again = WriteAdminRequest(good.rpc, *port_.asked[0].request);
    const http::Response response = Send(std::string(again.route->method), again.target, again.body);

    ASSERT_EQ(port_.asked.size(), 2u) << again.target << " " << again.body << " " << response.body;
    EXPECT_EQ(response.status, again.route->status);
    EXPECT_EQ(port_.asked[1].method, good.rpc);
    EXPECT_TRUE(Equals(*port_.asked[1].request, good.request)) << port_.asked[1].request->DebugString();
  }
}

TEST_F(AdminApiTest, IsUnderstoodByItsOwnClient) {
  auth::v1::UpdateTenantRequest request;
  request.set_name("a/b ä?");
  const std::string text =
      R"(tenant { name: "a/b" created_at { seconds: 7 } terms { daily { hard_nano_usd: 9007199254740993 } } })";
  port_.answer = text;
  const AdminHttpRequest wanted = WriteAdminRequest("UpdateTenant", request);
  auth::v1::UpdateTenantResponse response;

  const Status read = ReadAdminAnswer(*wanted.route, Send("PATCH", wanted.target, R"({"terms":{}})").body, response);

  ASSERT_TRUE(read.ok());
  EXPECT_TRUE(Equals(response, text)) << response.DebugString();
  EXPECT_EQ(static_cast<const auth::v1::UpdateTenantRequest&>(*port_.asked.at(0).request).name(), "a/b ä?");
  EXPECT_TRUE(ReadAdminAnswer(*wanted.route, R"({"name":"x","news":{"of":1}})", response).ok());
  EXPECT_FALSE(ReadAdminAnswer(*wanted.route, "<html>", response).ok());
}

TEST_F(AdminApiTest, LeavesNoOperationUntested) {
  std::set<std::string_view> tested = {"describe", "look_live", "check_health"};
  for (const Good& good : kGood) {
    const std::string_view target = good.target;
    tested.insert(FindAdminRoute(good.method, target.substr(0, target.find('?'))).value().route->id);
  }

  std::set<std::string_view> all;
  for (const AdminRoute& route : AdminRoutes()) EXPECT_TRUE(all.insert(route.id).second) << route.id << " stands twice";

  EXPECT_EQ(tested, all);
}

TEST_F(AdminApiTest, AnswersTheThingItselfAndListsWhole) {
  port_.answer = R"(tenant { name: "a" terms { daily { hard_nano_usd: 9007199254740993 } } })";
  EXPECT_EQ(Send("PATCH", "/admin/v1/tenants/a", R"({"terms":{}})").body.substr(0, 21), R"({"name":"a","terms":{)");

  port_.answer = R"(key { id: "key_1" } secret: "wl_new")";
  const auto made = BodyOf(Send("POST", "/admin/v1/keys", R"({"name":"n"})"));
  EXPECT_EQ(made["key"]["id"], "key_1");
  EXPECT_EQ(made["secret"], "wl_new");

  port_.answer = R"(users { tenant: "t" name: "a" } users { tenant: "t" name: "b" })";
  EXPECT_EQ(BodyOf(Send("GET", "/admin/v1/tenants/t/users"))["users"].size(), 2u);
  EXPECT_EQ(BodyOf(Send("GET", "/admin/v1/tenants/t/users/b"))["name"], "b");
  const http::Response missing = Send("GET", "/admin/v1/tenants/t/users/c");
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(BodyOf(missing)["error"]["code"], "not_found");
}

TEST_F(AdminApiTest, KeepsAnswersOutOfCachesAndNamesThem) {
  const http::Response given = Send(With(Request("GET", "/admin/v1/keys"), "x-request-id", "mine-1"));
  const http::Response failed = Send("GET", "/admin/v1/nothing");

  EXPECT_EQ(given.headers.Get("cache-control"), "no-store");
  EXPECT_EQ(given.headers.Get("x-request-id"), "mine-1");
  EXPECT_EQ(given.headers.Get("content-type"), "application/json");
  EXPECT_FALSE(given.headers.Has("access-control-allow-origin"));
  EXPECT_EQ(failed.headers.Get("cache-control"), "no-store");
  EXPECT_TRUE(failed.headers.Has("x-request-id"));
}

struct Refused {
  const char* method;
  const char* target;
  std::string body;
  int status;
  const char* message;
};

std::string Deep(const std::string& open, const std::string& close, int levels) {
  std::string text;
  for (int i = 0; i < levels; ++i) text += open;
  for (int i = 0; i < levels; ++i) text += close;
  return text;
}

std::vector<Refused> RubbishBodies() {
  const char* path = "/admin/v1/tenants";
  const auto tenant = [path](const std::string& body, const char* message) {
    return Refused{"POST", path, body, 400, message};
  };
  return {
      tenant("", "The body is empty"),
      tenant("{", "not valid JSON"),
      tenant("null", "must be a JSON object"),
      tenant("[]", "must be a JSON object"),
      tenant("{\"name\":\"\xff\"}", "not valid JSON in UTF-8"),
      tenant(std::string("{\"name\":\"a\0b\"}", 14), "not valid JSON"),
      tenant(R"({"name":"a\u0000b"})", "name must not hold a NUL"),
      tenant(R"({"name":"a"} {})", "not valid JSON"),
      tenant(R"({"name":NaN})", "not valid JSON"),
      tenant(R"({"nmae":"a"})", "nmae is not known here; there are name, terms,"),
      tenant(R"({"suspendedBecause":"a"})", "suspendedBecause is not known here"),
      tenant(R"({"name":"a","name":"b"})", "name stands twice"),
      tenant(R"({"name":7})", "name must be a text"),
      tenant(R"({"name":["a"]})", "name must be a text"),
      tenant(R"({"terms":"a"})", "terms must be an object"),
      tenant(R"({"terms":{"models":"gpt"}})", "terms.models must be a list"),
      tenant(R"({"terms":{"models":["a",null]}})", "terms.models[1] must be a text"),
      tenant(R"({"terms":{"limits":{"requests_per_minute":1.5}}})", "terms.limits.requests_per_minute must be a whole"),
      tenant(R"({"terms":{"max_output_tokens":9223372036854775808}})", "terms.max_output_tokens must be a whole"),
      tenant(R"({"terms":{"max_output_tokens":1e300}})", "terms.max_output_tokens must be a whole"),
      tenant(R"({"terms":{"max_output_tokens":1e999}})", "The body is not valid JSON"),
      tenant(R"({"terms":{"max_output_tokens":"12a"}})", "terms.max_output_tokens must be a whole"),
      tenant(R"({"terms":{"max_output_tokens":""}})", "terms.max_output_tokens must be a whole"),
      tenant(R"({"terms":{"max_output_tokens":true}})", "terms.max_output_tokens must be a whole"),
      tenant(R"({"created_at":"yesterday"})", "created_at must be a time"),
      tenant(R"({"created_at":1700000000})", "created_at must be a time"),
      tenant(R"({"created_at":"2026-01-01T00:00:00Z\u0000"})", "created_at must be a time"),
      tenant(Deep("[", "]", 200'000), "nested more than 32"),
      tenant("{\"terms\":" + Deep("{\"terms\":", "}", 50'000) + "}", "nested more than 32"),
      {"POST", "/admin/v1/keys", R"({"labels":{"a":1}})", 400, "labels.a must be a text"},
      {"POST", "/admin/v1/keys", R"({"labels":{"a\u0000":"1"}})", 400, "must not have a NUL"},
      {"POST", "/admin/v1/keys", R"({"labels":[]})", 400, "labels must be an object"},
      {"POST", "/admin/v1/keys/k/rotate", R"({"overlap":3600})", 400, "overlap must be a duration"},
      {"POST", "/admin/v1/keys/k/rotate", R"({"overlap":"1h"})", 400, "overlap must be a duration"},
      {"POST", "/admin/v1/keys/k/rotate", R"({"id":"other"})", 400, "id is not known here; there is overlap"},
      {"POST", "/admin/v1/keys/k/revoke", "{}", 400, "takes no body"},
      {"DELETE", "/admin/v1/keys/k", "{}", 400, "takes no body"},
      {"GET", "/admin/v1/keys", "{}", 400, "takes no body"},
      {"POST", "/admin/v1/tenants/a/suspend", R"({"resume":true})", 400, "resume is not known here"},
      {"POST", "/admin/v1/tenants/a/resume", R"({"because":"x"})", 400, "takes no body"},
      {"PATCH", "/admin/v1/tenants/a", "{}", 400, "terms is missing"},
      {"PATCH", "/admin/v1/tenants/a", R"({"content_key":"wlpub_x"})", 400, "terms is missing"},
      {"PATCH", "/admin/v1/tenants/a", R"({"terms":null})", 400, "terms is missing"},
      {"PATCH", "/admin/v1/keys/a", "", 400, "The body is empty"},
      {"PUT", "/admin/v1/tenants/a/users/b", R"({"name":"c"})", 400, "name is another one in the body"},
      {"POST", path, "{\"name\":\"" + std::string(1 << 20, 'x') + "\"}", 413, "larger than 1 MiB"},
  };
}

const std::vector<Refused> kRubbishTargets = {
    {"GET", "/admin/v1/keys?tenant=a&tenant=b", "", 400, "tenant stands twice"},
    {"GET", "/admin/v1/keys?tenant=a&te%6eant=b", "", 400, "tenant stands twice"},
    {"GET", "/admin/v1/keys?tenat=a", "", 400, "tenat is not known here; there are tenant"},
    {"GET", "/admin/v1/tenants?x", "", 400, "takes none"},
    {"GET", "/admin/v1/usage?limit=many", "", 400, "limit must be a whole number"},
    {"GET", "/admin/v1/usage?limit=", "", 400, "limit must be a whole number"},
    {"GET", "/admin/v1/usage?limit=2147483648", "", 400, "limit must be a whole number of 32 bits"},
    {"GET", "/admin/v1/usage?limit=99999999999999999999999", "", 400, "limit must be a whole number"},
    {"GET", "/admin/v1/audit?after=9223372036854775808", "", 400, "after must be a whole number of 64 bits"},
    {"GET", "/admin/v1/usage?since=today", "", 400, "since must be a time"},
    {"GET", "/admin/v1/usage?since=", "", 400, "since must be a time"},
    {"GET", "/admin/v1/usage?since=2026-13-01T00:00:00Z", "", 400, "since must be a time"},
    {"GET", "/admin/v1/usage/sums?by=tenant,,day", "", 400, "by must be words"},
    {"GET", "/admin/v1/keys?tenant=a%00b", "", 400, "control characters"},
    {"GET", "/admin/v1/keys?tenant=%0d%0aX:y", "", 400, "control characters"},
    {"GET", "/admin/v1/keys?tenant=%ff", "", 400, "must be UTF-8"},
    {"GET", "/admin/v1/keys?tenant=%f", "", 400, "begins no escape"},
    {"GET", "/admin/v1/keys?%zz=1", "", 400, "begins no escape"},
    {"GET", "/admin/v1/tenants/%00", "", 400, "control characters"},
    {"GET", "/admin/v1/tenants/..", "", 400, "must not be . or .."},
    {"GET", "/admin/v1/tenants/%2e%2E", "", 400, "must not be . or .."},
    {"DELETE", "/admin/v1/keys/.", "", 400, "must not be . or .."},
    {"GET", "/admin/v1/tenants/../../metrics", "", 404, "GET /admin/v1/tenants/{name}"},
    {"GET", "/admin/v1/tenants/", "", 404, "There is nothing at this path"},
    {"GET", "/admin/v1//tenants", "", 404, "There is nothing at this path"},
    {"GET", "/admin/v1/%74enants", "", 404, "There is nothing at this path"},
    {"GET", "/admin/v2/tenants", "", 404, "GET /admin/v1/openapi.json"},
    {"PUT", "/admin/v1/tenants", "", 405, "GET, HEAD, POST only"},
    {"POST", "/admin/v1/usage", "{}", 405, "GET, HEAD only"},
    {"OPTIONS", "/admin/v1/keys/a", "", 405, "GET, HEAD, PATCH, DELETE only"},
    {"get", "/admin/v1/keys", "", 405, "GET, HEAD, POST only"},
};

class AdminRubbishTest : public AdminApiTest {
 protected:
  void Expect(const std::vector<Refused>& all) {
    for (const Refused& one : all) {
      SCOPED_TRACE(std::string(one.method) + " " + one.target + " " + one.body.substr(0, 100));
      const http::Response response = Send(one.method, one.target, one.body);
      EXPECT_EQ(response.status, one.status);
      EXPECT_THAT(MessageOf(response), HasSubstr(one.message));
    }
    EXPECT_TRUE(port_.asked.empty());
  }
};

TEST_F(AdminRubbishTest, RefusesBodiesThatAreWrongAndNamesThePlace) { Expect(RubbishBodies()); }

TEST_F(AdminRubbishTest, RefusesPathsAndQueriesThatAreWrong) { Expect(kRubbishTargets); }

TEST_F(AdminApiTest, TellsTheMethodsOfAPath) {
  EXPECT_EQ(Send("POST", "/admin/v1/keys/a").headers.Get("allow"), "GET, HEAD, PATCH, DELETE");
}

TEST_F(AdminApiTest, TakesJsonOnly) {
  const http::Request request = Request("POST", "/admin/v1/tenants", R"({"name":"a"})");

  EXPECT_EQ(Send(With(request, "content-type", "")).status, 415);
  EXPECT_EQ(Send(With(request, "content-type", "text/plain")).status, 415);
  EXPECT_EQ(Send(With(request, "content-type", "application/x-www-form-urlencoded")).status, 415);
  EXPECT_EQ(Send(With(request, "content-type", "application/jsonp")).status, 415);
  EXPECT_EQ(Send(With(request, "content-type", "Application/JSON ; charset=utf-8")).status, 201);
}

TEST_F(AdminApiTest, CarriesStrangeNamesAsPlainValues) {
  const std::vector<std::pair<std::string, std::string>> strange = {
      {"'%3B%20DROP%20TABLE%20keys%3B--", "'; DROP TABLE keys;--"},
      {"$(rm%20-rf%20%2F)", "$(rm -rf /)"},
      {"%60id%60", "`id`"},
      {"..%2F..%2Fetc%2Fpasswd", "../../etc/passwd"},
      {"a+b", "a+b"},
      {"%25s%25n", "%s%n"},
      {"%C3%A4%E2%82%AC", "ä€"},
      {"{name}", "{name}"},
  };
  for (const auto& [sent, meant] : strange) {
    port_.asked.clear();

    Send("POST", "/admin/v1/keys/" + sent + "/revoke");
    Send("POST", "/admin/v1/tenants", nlohmann::json{{"name", meant}, {"suspended_because", meant}}.dump());

    ASSERT_EQ(port_.asked.size(), 2u) << meant;
    EXPECT_TRUE(Equals(*port_.asked[0].request, "id: \"" + meant + "\"")) << meant;
    const std::string tenant = "name: \"" + meant + "\" suspended_because: \"" + meant + "\"";
    EXPECT_TRUE(Equals(*port_.asked[1].request, "tenant { " + tenant + " }")) << meant;
  }
}

TEST_F(AdminApiTest, AsksForAKeyInTheOneHeader) {
  const http::Request request = Request("GET", "/admin/v1/keys");
  http::Request twice = request;
  twice.headers.Add("authorization", "Bearer other");

  for (const std::string value : {"", "Basic YTpi", "Bearer", "Bearer ", "Bearer a b", "Bearer \xc3\xa4", "wl_key"}) {
    const http::Response response = Send(With(request, "authorization", value));
    EXPECT_EQ(response.status, 401) << value;
    EXPECT_EQ(response.headers.Get("www-authenticate"), "Bearer");
    EXPECT_EQ(BodyOf(response)["error"]["code"], "invalid_api_key");
  }
  EXPECT_EQ(Send(twice).status, 401);
  EXPECT_EQ(Send(With(With(request, "authorization", ""), "cookie", "key=wl_1")).status, 401);
  EXPECT_EQ(Send(With(With(request, "authorization", ""), "x-api-key", "wl_1")).status, 401);
  EXPECT_EQ(Send(With(request, "authorization", "Bearer " + std::string(5000, 'a'))).status, 401);
  EXPECT_TRUE(port_.asked.empty());

  Send(With(request, "authorization", "bearer  wl_1"));
  EXPECT_EQ(port_.asked.at(0).caller.credential, "wl_1");
}

struct OriginCase {
  const char* header;
  const char* value;
  int status;
};

TEST_F(AdminApiTest, KeepsPagesOfOtherOriginsAway) {
  const OriginCase cases[] = {
      {"origin", "http://127.0.0.1:9787", 200},
      {"origin", "https://127.0.0.1:9787", 200},
      {"origin", "http://127.0.0.1:9788", 403},
      {"origin", "http://127.0.0.1", 403},
      {"origin", "http://evil.example", 403},
      {"origin", "null", 403},
      {"origin", "127.0.0.1:9787", 403},
      {"sec-fetch-site", "same-origin", 200},
      {"sec-fetch-site", "none", 200},
      {"sec-fetch-site", "cross-site", 403},
      {"sec-fetch-site", "same-site", 403},
      {"host", "localhost:9787", 200},
      {"host", "LOCALHOST", 200},
      {"host", "[::1]:9787", 200},
      {"host", "10.1.2.3", 200},
      {"host", "gateway.corp:9787", 200},
      {"host", "", 200},
      {"host", "rebound.example:9787", 403},
      {"host", "localhost.evil.example", 403},
      {"host", "127.0.0.1.evil.example", 403},
      {"host", "[evil.example]", 403},
      {"host", "localhost:9787:1", 403},
      {"host", "::1", 403},
  };
  for (const OriginCase& one : cases) {
    const http::Response response = Send(With(Request("GET", "/admin/v1/keys"), one.header, one.value));
    EXPECT_EQ(response.status, one.status) << one.header << ": " << one.value;
  }
  EXPECT_EQ(Send(With(Request("GET", "/admin/v1/openapi.json"), "host", "rebound.example")).status, 403);
}

TEST_F(AdminApiTest, DescribesItselfWithoutAKey) {
  const http::Response response = Send(With(Request("GET", "/admin/v1/openapi.json"), "authorization", ""));

  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(BodyOf(response)["openapi"], "3.1.0");
  EXPECT_TRUE(port_.asked.empty());
}

TEST_F(AdminApiTest, TellsOfTheGatewayItself) {
  const http::Response live = Send("GET", "/admin/v1/live");
  const http::Response health = Send("GET", "/admin/v1/health");

  EXPECT_EQ(live.status, 200);
  EXPECT_EQ(BodyOf(live)["tenants"][0]["name"], "research");
  EXPECT_EQ(BodyOf(health)["parts"][0]["name"], "router");
  EXPECT_TRUE(port_.asked.empty());
  ASSERT_EQ(live_.callers.size(), 2u);
  EXPECT_EQ(live_.callers[0].credential, kAdminKey);
}

TEST_F(AdminApiTest, TellsOfTheGatewayToNobodyElse) {
  const http::Request request = Request("GET", "/admin/v1/live");
  EXPECT_EQ(Send(With(request, "authorization", "")).status, 401);
  EXPECT_EQ(Send(With(request, "origin", "http://evil.example")).status, 403);
  EXPECT_EQ(Send("POST", "/admin/v1/live").status, 405);
  EXPECT_EQ(Send("GET", "/admin/v1/live?tenant=other").status, 400);
  EXPECT_TRUE(live_.callers.empty());

  live_.failure = Error{Code::kPermissionDenied, "This key may not look at the administration.", "missing_scope", {}};
  EXPECT_EQ(Send(request).status, 403);
  EXPECT_EQ(Send("GET", "/admin/v1/health").status, 403);
}

TEST_F(AdminApiTest, ShowsThePageToAnybodyAndNothingInIt) {
  for (const char* path : {"/admin/", "/admin/status"}) {
    const http::Response page = Send(With(Request("GET", path), "authorization", ""));
    EXPECT_EQ(page.status, 200) << path;
    EXPECT_EQ(page.headers.Get("content-type"), "text/html; charset=utf-8");
    EXPECT_EQ(page.headers.Get("x-content-type-options"), "nosniff");
    EXPECT_THAT(page.body, AllOf(HasSubstr("<title>Wayleave"), Not(HasSubstr("/*script*/"))));
    EXPECT_THAT(page.body, Not(::testing::ContainsRegex("(src|href)=.?(https?:)?//")));
  }
  EXPECT_EQ(Send("POST", "/admin/").status, 404);
  EXPECT_TRUE(port_.asked.empty());
}

// What a browser runs is what stands in the policy by its hash, and nothing else.
TEST_F(AdminApiTest, LetsThePageRunItsOwnScriptAlone) {
  const http::Response page = Send("GET", "/admin/");
  const std::string policy(page.headers.Get("content-security-policy"));
  const auto between = [&](const std::string& begin, const std::string& end) {
    const auto from = page.body.find(begin) + begin.size();
    return page.body.substr(from, page.body.find(end, from) - from);
  };
  const auto hash = [](const std::string& text) {
    return "'sha256-" + crypto::Base64(crypto::AsView(crypto::Sha256(text))) + "'";
  };

  EXPECT_THAT(policy, HasSubstr("default-src 'none'; style-src " + hash(between("<style>", "</style>"))));
  EXPECT_THAT(policy, HasSubstr("; script-src " + hash(between("<script>", "</script>")) + ";"));
  EXPECT_THAT(policy, HasSubstr("frame-ancestors 'none'"));
  EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
  EXPECT_THAT(page.body, Not(::testing::ContainsRegex(" on[a-z]+=|style=|innerHTML|document\\.write|eval")));
}

struct Failure {
  Code code;
  int status;
  const char* error_code;
};

TEST_F(AdminApiTest, TellsTheServicesFailures) {
  const Failure failures[] = {
      {Code::kInvalidArgument, 400, "invalid_request"},    {Code::kFailedPrecondition, 400, "invalid_request"},
      {Code::kUnauthenticated, 401, "invalid_api_key"},    {Code::kPermissionDenied, 403, "permission_denied"},
      {Code::kNotFound, 404, "not_found"},                 {Code::kAlreadyExists, 409, "conflict"},
      {Code::kUnavailable, 503, "service_unavailable"},    {Code::kDeadlineExceeded, 504, "timeout"},
      {Code::kInternal, 503, "service_unavailable"},       {Code::kUnimplemented, 501, "not_implemented"},
  };
  for (const Failure& failure : failures) {
    port_.failure = Error{failure.code, "The words of the service.", {}, {}};
    const http::Response response = Send("GET", "/admin/v1/keys");
    EXPECT_EQ(response.status, failure.status);
    EXPECT_EQ(BodyOf(response)["error"]["code"], failure.error_code);
    EXPECT_EQ(MessageOf(response), "The words of the service.");
  }
  port_.failure = Error{Code::kInvalidArgument, "No such zone.", "bad_zone", {}};
  EXPECT_EQ(BodyOf(Send("GET", "/admin/v1/keys"))["error"]["code"], "bad_zone");
}

TEST_F(AdminApiTest, NeverRepeatsTheKeyInAnError) {
  const std::string key = kAdminKey;
  const std::vector<http::Request> misplaced = {
      Request("GET", "/admin/v1/" + key),
      Request("GET", "/admin/v1/keys/" + key),
      Request("GET", "/admin/v1/keys?" + key + "=1"),
      Request("GET", "/admin/v1/keys?tenant=1&tenant=" + key),
      Request("GET", "/admin/v1/usage?limit=" + key),
      Request("POST", "/admin/v1/tenants", "{\"" + key + "\":1}"),
      Request("POST", "/admin/v1/tenants", "{\"terms\":{\"" + key + "\":1}}"),
      Request("POST", "/admin/v1/tenants", "{\"terms\":\"" + key + "\"}"),
      Request("POST", "/admin/v1/keys", "{\"labels\":{\"" + key + "\":1}}"),
      Request("PUT", "/admin/v1/tenants/a/users/b", "{\"name\":\"" + key + "\"}"),
      Request(key, "/admin/v1/tenants"),
      With(Request("GET", "/admin/v1/keys"), "host", key),
      With(Request("GET", "/admin/v1/keys"), "origin", key),
      With(Request("POST", "/admin/v1/tenants", "{}"), "content-type", key),
  };
  for (const http::Request& request : misplaced) {
    const http::Response response = Send(request);
    EXPECT_GE(response.status, 400) << request.target;
    EXPECT_THAT(response.body, Not(HasSubstr(key))) << request.target;
  }

  port_.failure = Error{Code::kUnauthenticated, "The key " + key + " (" + key + ") is not known.", {}, {}};
  EXPECT_EQ(MessageOf(Send("GET", "/admin/v1/keys")), "The key [key] ([key]) is not known.");
}

class RandomRequests {
 public:
  std::string Path() {
    static const std::vector<std::string> parts = {
        "/admin", "/v1", "/tenants", "/users", "/keys", "/usage", "/sums", "/audit", "/budgets", "/suspend", "/rotate",
        "/", "/a", "/%2F", "/..", "/%00", "/%", "/\xff", "?", "&", "=", "tenant=", "limit=", "since=", "by=", "1", "x,y",
        "%41", "+", "2026-01-01T00:00:00Z"};
    static const std::vector<std::string> heads = {"/admin/v1", "/admin/v1/keys", "/admin/v1/usage?",
                                                   "/admin/v1/tenants/a/users", "/admin/v1/audit?", ""};
    return Pick(heads) + Some(parts, 5);
  }
  std::string Body() {
    static const std::vector<std::string> parts = {
        "{", "}", "[", "]", ":", ",", "\"", "\"name\"", "\"terms\"", "\"because\"", "\"overlap\"", "\"daily\"",
        "\"labels\"", "null", "true", "1", "-1", "1e5", "9223372036854775807", "99999999999999999999", "\"3600s\"",
        "\\u0000", "\xc3", "{\"terms\":{\"daily\":{\"hard_nano_usd\":", "{\"name\":\"a\"}", " "};
    static const std::vector<std::string> bodies = {
        R"({"name":"a","terms":{"models":["a"],"limits":{"requests_per_minute":1}},"labels":{"a":"b"}})",
        R"({"terms":{"daily":{"hard_nano_usd":1}}})", R"({"overlap":"5s"})", R"({"because":"x"})"};
    if (Below(2) == 0) return Some(parts, 12);
    std::string body = Pick(bodies);
    for (int i = Below(3); i > 0; --i) body[Below(static_cast<int>(body.size()))] = static_cast<char>(Below(256));
    return body;
  }
  std::string Method() {
    static const std::vector<std::string> methods = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
    return Pick(methods);
  }

 private:
  int Below(int n) { return std::uniform_int_distribution<int>(0, n - 1)(random_); }
  const std::string& Pick(const std::vector<std::string>& all) { return all[Below(static_cast<int>(all.size()))]; }
  std::string Some(const std::vector<std::string>& parts, int most) {
    std::string text;
    for (int i = Below(most + 1); i > 0; --i) text += Pick(parts);
    return text;
  }

  std::mt19937 random_{20261125};
};

TEST_F(AdminApiTest, AnswersWhateverItIsAskedAndNeverBlamesItself) {
  RandomRequests random;
  std::map<int, int> seen;
  for (int i = 0; i < 20'000; ++i) {
    const http::Request request = Request(random.Method(), random.Path(), random.Body());

    const http::Response response = Send(request);

    ++seen[response.status];
    EXPECT_LT(response.status, 500) << request.method << " " << request.target << " " << request.body;
    if (IsStatusPage(request)) continue;
    EXPECT_TRUE(BodyOf(response).is_object()) << request.target << " " << request.body;
    EXPECT_EQ(MessageOf(response).empty(), response.status < 400) << request.target << " " << response.body;
  }
  for (const int status : {200, 400, 404, 405}) EXPECT_GT(seen[status], 20) << status;
}

TEST_F(AdminApiTest, IsServedOnTheAdminPortOfAProgram) {
  app::Program program("test-service", {});
  program.HandleAdmin(
      std::string(kAdminPrefix),
      [this](http::Request& request, http::Responder& responder) { return api_.Serve(request, responder); },
      AdminApi::ErrorPage);
  testing::RawClient client(program.ServeAdmin("127.0.0.1:0").value());
  const std::string head = " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer wl_1\r\n";
  port_.answer = R"(tenants { name: "a" })";

  client.Send("GET /admin/v1/tenants" + head + "\r\n");
  const testing::RawReply listed = client.Read();
  client.Send("HEAD /admin/v1/tenants" + head + "\r\n");
  const testing::RawReply headed = client.Read(true);
  client.Send("POST /admin/v1/tenants" + head + "Content-Length: 1048577\r\n\r\n");
  const testing::RawReply refused = client.Read();

  EXPECT_EQ(listed.status, 200);
  EXPECT_THAT(listed.body, HasSubstr(R"({"tenants":[{"name":"a","suspended_because":"","content_key":""}]})"));
  EXPECT_EQ(headed.Header("Content-Length"), listed.Header("Content-Length"));
  EXPECT_EQ(refused.status, 413);
  EXPECT_THAT(refused.body, AllOf(HasSubstr("request_too_large"), HasSubstr("1048576 bytes")));
  EXPECT_EQ(refused.Header("Cache-Control"), "no-store");
}

}  // namespace
}  // namespace wayleave::gateway
