#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "router-service/conditions/condition.h"
#include "tests/router-service/routing.h"

namespace wayleave::router {
namespace {

using ::testing::HasSubstr;

constexpr char kFrame[] = R"(
providers: {a: {}, b: {}}
models: {m: [a/x], dear: [b/cheap, a/dear], unpriced: [b/y]}
prices: {a/x: {input: 2, output: 10}, a/dear: {input: 100, output: 100}, b/cheap: {input: 1, output: 1}}
routes:
- name: r
  use: [b/taken]
  when: )";

using Change = std::function<void(v1::RouteRequest&)>;

// One condition, a request, whether it holds, and what Explain says where it does not.
struct Case {
  const char* when;
  Change change;
  const char* passed_over;  // nullptr: it holds
};

v1::RouteRequest Usual(const Change& change) {
  v1::RouteRequest request = RequestOf({"m"});
  request.set_endpoint(provider::v1::ENDPOINT_RESPONSES);
  if (change) change(request);
  return request;
}

void Check(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    SCOPED_TRACE(c.when);
    const auto snapshot = SnapshotOf(kFrame + std::string(c.when));
    std::vector<v1::Step> steps;
    const auto decision = Decide(Usual(c.change), *snapshot, &steps);
    ASSERT_TRUE(decision) << decision.error().message;
    EXPECT_EQ(decision->response.rule() == "route:r", c.passed_over == nullptr) << decision->response.rule();
    ASSERT_GE(steps.size(), 2u);
    EXPECT_EQ(steps[1].rule(), "route:r");
    EXPECT_EQ(steps[1].decided(), c.passed_over == nullptr);
    if (c.passed_over) {
      EXPECT_EQ(steps[1].reason(), c.passed_over);
    }
  }
}

Change Header(const char* name, const char* value) {
  return [=](v1::RouteRequest& request) { (*request.mutable_headers())[name] = value; };
}
Change Model(const char* name) {
  return [=](v1::RouteRequest& request) { request.set_model(name); };
}
Change Endpoint(provider::v1::Endpoint endpoint) {
  return [=](v1::RouteRequest& request) { request.set_endpoint(endpoint); };
}
Change Principal(const std::function<void(auth::v1::Principal&)>& change) {
  return [=](v1::RouteRequest& request) { change(*request.mutable_principal()); };
}
Change Tokens(std::int64_t input, std::int64_t output = 0) {
  return [=](v1::RouteRequest& request) {
    request.set_input_tokens(input);
    request.set_max_output_tokens(output);
  };
}

TEST(Conditions, None) { Check({{"{}", {}, nullptr}}); }

TEST(Conditions, HeaderExactAndGlob) {
  Check({{"{header: {X-Team: red}}", Header("x-team", "red"), nullptr},
         {"{header: {x-team: 'lab*'}}", Header("x-team", "lab-7"), nullptr},
         {"{header: {x-team: [red, 'lab*']}}", Header("x-team", "red"), nullptr},
         {"{header: {x-team: '*'}}", Header("x-team", ""), nullptr},
         {"{header: {x-team: red}}", Header("x-team", "Red"),
          "wants the header x-team `red`, but x-team is another"},
         {"{header: {x-team: '*'}}", {}, "wants the header x-team `*`, but x-team is not there"},
         {"{header: {x-team: red, x-tag: '1'}}", Header("x-team", "red"),
          "wants the header x-team `red` and the header x-tag `1`, but x-tag is not there"}});
}

TEST(Conditions, ModelExactAndGlob) {
  Check({{"{model: m}", {}, nullptr},
         {"{model: ['gpt-*', m]}", {}, nullptr},
         {"{model: 'gpt-*'}", Model("gpt-9"), nullptr},
         {"{model: 'gpt-*'}", {}, "wants the model `gpt-*`, but it is `m`"},
         {"{model: [x, 'y*']}", {}, "wants the model `x` or `y*`, but it is `m`"}});
}

TEST(Conditions, Endpoint) {
  Check({{"{endpoint: responses}", {}, nullptr},
         {"{endpoint: [chat, messages]}", Endpoint(provider::v1::ENDPOINT_MESSAGES), nullptr},
         {"{endpoint: embeddings}", Endpoint(provider::v1::ENDPOINT_EMBEDDINGS), nullptr},
         {"{endpoint: count_tokens}", Endpoint(provider::v1::ENDPOINT_COUNT_TOKENS), nullptr},
         {"{endpoint: [chat, messages]}", {}, "wants the endpoint chat or messages, but it is responses"}});
}

TEST(Conditions, TenantUserRoleAndKey) {
  const auto ann = Principal([](auth::v1::Principal& p) {
    p.set_tenant("research");
    p.set_user("ann.b");
    p.add_roles("intern");
    p.add_roles("night");
    (*p.mutable_labels())["team"] = "blue";
  });
  Check({{"{tenant: research}", ann, nullptr},
         {"{tenant: [sales, 're*']}", ann, nullptr},
         {"{tenant: sales}", ann, "wants the tenant `sales`, but it is `research`"},
         {"{user: 'ann*'}", ann, nullptr},
         {"{user: bob}", ann, "wants the user `bob`, but it is `ann.b`"},
         {"{user: '*'}", {}, "wants the user `*`, but the key belongs to nobody"},
         {"{role: night}", ann, nullptr},
         {"{role: [boss, 'int*']}", ann, nullptr},
         {"{role: boss}", ann, "wants the role `boss`, but the key has `intern`, `night`"},
         {"{role: boss}", {}, "wants the role `boss`, but the key has none"},
         {"{key: {team: blue}}", ann, nullptr},
         {"{key: {team: [red, 'b*']}}", ann, nullptr},
         {"{key: {team: red}}", ann, "wants the key's label team `red`, but team is `blue`"},
         {"{key: {floor: '1'}}", ann, "wants the key's label floor `1`, but floor is not there"}});
}

TEST(Conditions, BudgetLeftBelow) {
  const auto left = [](double share) { return Principal([=](auth::v1::Principal& p) { p.set_budget_left(share); }); };
  Check({{"{budget_left_below: 20%}", left(0.19), nullptr},
         {"{budget_left_below: 20}", left(0), nullptr},
         {"{budget_left_below: 20%}", left(0.2), "wants less than 20 % of the budget left, but 20 % is left"},
         {"{budget_left_below: 0.5%}", left(1), "wants less than 0.5 % of the budget left, but 100 % is left"},
         {"{budget_left_below: 20%}", {}, "wants less than 20 % of the budget left, but there is no budget"}});
}

// m costs 2 USD for a million tokens of input and 10 for output; without a bound, 4,096 tokens of output are reckoned.
TEST(Conditions, CostAbove) {
  Check({{"{cost_above: 0.50}", Tokens(250'001, 1), nullptr},
         {"{cost_above: 0.50}", Tokens(0, 50'001), nullptr},
         {"{cost_above: 0.0409}", Tokens(0), nullptr},
         {"{cost_above: 0.50}", Tokens(240'000, 2'000),
          "wants a request that may cost more than 0.5 USD, but this one costs at most 0.5 USD"},
         {"{cost_above: 0.041}", Tokens(0),
          "wants a request that may cost more than 0.041 USD, but this one costs at most 0.04096 USD"},
         {"{cost_above: 5, model: dear}",
          [](v1::RouteRequest& request) {
            request.set_model("dear");
            request.set_input_tokens(60'000);
          },
          nullptr},
         {"{cost_above: 0.5}",
          [](v1::RouteRequest& request) {
            request.set_model("unpriced");
            request.set_input_tokens(10'000'000);
          },
          "wants a request that may cost more than 0.5 USD, but no price is known for its model"}});
}

TEST(Conditions, CostOfTheDearestTarget) {
  Check({{"{cost_above: 5}",
          [](v1::RouteRequest& request) {
            request.set_model("dear");
            request.set_input_tokens(40'000);
          },
          "wants a request that may cost more than 5 USD, but this one costs at most 4.4096 USD"}});
}

TEST(Conditions, InputTokensAbove) {
  Check({{"{input_tokens_above: 100000}", Tokens(100'001), nullptr},
         {"{input_tokens_above: 100000}", Tokens(100'000),
          "wants more than 100000 input tokens, but there are about 100000"}});
}

TEST(Conditions, Needs) {
  const Change both = [](v1::RouteRequest& request) {
    request.mutable_needs()->set_tools(true);
    request.mutable_needs()->set_images(true);
  };
  Check({{"{needs: images}", both, nullptr},
         {"{needs: [tools, images]}", both, nullptr},
         {"{needs: [reasoning]}", both, "wants a request that needs reasoning, but this one needs tools, images"},
         {"{needs: tools}", {}, "wants a request that needs tools, but this one needs nothing special"}});
}

TEST(Conditions, AllMustHold) {
  Check({{"{model: m, endpoint: responses, input_tokens_above: 5}", Tokens(6), nullptr},
         {"{model: n, tenant: t, endpoint: responses}", {},
          "wants the model `n`, but it is `m`; wants the tenant `t`, but it is ``"}});
}

double Share(const char* when, const std::function<void(v1::RouteRequest&, int)>& name) {
  const auto snapshot = SnapshotOf(kFrame + std::string(when));
  int taken = 0;
  constexpr int kAll = 20'000;
  for (int i = 0; i < kAll; ++i) {
    v1::RouteRequest request = RequestOf({"m"});
    name(request, i);
    if (Decide(request, *snapshot)->response.rule() == "route:r") ++taken;
  }
  return 100.0 * taken / kAll;
}

TEST(Conditions, PercentTakesItsShareOfSessionsElseKeysElseUsers) {
  const auto session = [](v1::RouteRequest& request, int i) { request.set_session("s" + std::to_string(i)); };
  const auto key = [](v1::RouteRequest& request, int i) {
    request.mutable_principal()->set_key_id("key_" + std::to_string(i));
  };
  const auto user = [](v1::RouteRequest& request, int i) {
    request.mutable_principal()->set_user("u" + std::to_string(i));
  };
  // Five standard deviations of a fair draw.
  EXPECT_NEAR(Share("{percent: 10}", session), 10, 1.1);
  EXPECT_NEAR(Share("{percent: 10%}", key), 10, 1.1);
  EXPECT_NEAR(Share("{percent: 50}", user), 50, 1.8);
  EXPECT_EQ(Share("{percent: 100}", session), 100);
  EXPECT_EQ(Share("{percent: 50}", [](v1::RouteRequest&, int) {}), 0) << "nothing to draw by";
}

// These answers are the same in every process, machine and release: sessions would change their model otherwise.
TEST(Conditions, PercentDrawsTheSameEverywhere) {
  const auto snapshot = SnapshotOf(kFrame + std::string("{percent: 30}"));
  std::string drawn;
  for (int i = 0; i < 32; ++i) {
    v1::RouteRequest request = RequestOf({"m"});
    request.set_session("session-" + std::to_string(i));
    drawn += Decide(request, *snapshot)->response.rule() == "route:r" ? '1' : '0';
  }
  EXPECT_EQ(drawn, "00001000011001011010101001000000");
}

TEST(Conditions, TwoCanariesDrawDifferentSessions) {
  const auto snapshot = SnapshotOf(
      "providers: {a: {}}\nmodels: {m: [a/x]}\nroutes:\n"
      "- {name: one, when: {percent: 50}, use: [a/one]}\n- {name: two, when: {percent: 50}, use: [a/two]}");
  std::map<std::string, int> taken;
  for (int i = 0; i < 20'000; ++i) {
    v1::RouteRequest request = RequestOf({"m"});
    request.set_session("s" + std::to_string(i));
    ++taken[Decide(request, *snapshot)->response.rule()];
  }
  EXPECT_NEAR(taken["route:two"] / 200.0, 25, 1.6) << "half of those that the first left";
}

TEST(Conditions, AreListedUnderTheirKeys) {
  std::string names;
  for (const ConditionKind& kind : Conditions()) names += std::string(kind.name) + " ";
  EXPECT_EQ(names,
            "endpoint input_tokens_above budget_left_below needs model tenant user role key header hours percent "
            "cost_above ");
}

TEST(Conditions, SayWhereAndWhatIsWrong) {
  const std::pair<const char*, const char*> table[] = {
      {"{header: {}}", "header: needs at least one header, written name: value"},
      {"{header: {x-a: []}}", "header.x-a: needs a name, or a list of names; * stands for any characters"},
      {"{header: {x-a: ''}}", "header.x-a: must not be empty; * stands for any characters"},
      {"{model: []}", "model: needs a name, or a list of names; * stands for any characters"},
      {"{model: [a, '']}", "model[1]: must not be empty; * stands for any characters"},
      {"{endpoint: chats}", "endpoint: must be one of: responses, chat, messages, count_tokens, embeddings"},
      {"{endpoint: []}", "endpoint: needs one of: responses, chat, messages, count_tokens, embeddings"},
      {"{tenant: ''}", "tenant: must not be empty; * stands for any characters"},
      {"{key: {}}", "key: needs at least one label, written name: value"},
      {"{budget_left_below: 0}", "budget_left_below: must be a percentage, like 20%: above 0, up to 100"},
      {"{budget_left_below: 101%}", "budget_left_below: must be a percentage, like 20%: above 0, up to 100"},
      {"{percent: ten}", "percent: must be a percentage, like 20%: above 0, up to 100"},
      {"{percent: nan}", "percent: must be a percentage, like 20%: above 0, up to 100"},
      {"{cost_above: much}", "cost_above: must be an amount in US dollars, like 10 or 0.125"},
      {"{input_tokens_above: -1}", "input_tokens_above: must not be negative"},
      {"{needs: [tools, ears]}", "needs[1]: must be one of: tools, images, reasoning"},
      {"{needs: []}", "needs: needs at least one of: tools, images, reasoning"},
      {"{hours: '19:00'}", "hours: must be written like \"19:00-07:00\", two different times of day"},
      {"{hours: '7:00-19:00'}", "hours: must be written like \"19:00-07:00\", two different times of day"},
      {"{hours: '19:00-24:01'}", "hours: must be written like \"19:00-07:00\", two different times of day"},
      {"{hours: '24:00-07:00'}", "hours: must be written like \"19:00-07:00\", two different times of day"},
      {"{hours: ['01:00-02:00', '19:60-20:00']}",
       "hours[1]: must be written like \"19:00-07:00\", two different times of day"},
      {"{hours: '07:00-07:00'}", "hours: must be written like \"19:00-07:00\", two different times of day"},
      {"{days: [mon, noday]}", "days[1]: must be one of: mon, tue, wed, thu, fri, sat, sun"},
      {"{days: []}", "days: needs at least one of: mon, tue, wed, thu, fri, sat, sun"},
      {"{timezone: Europe/Berlin}", "timezone: says nothing without hours or days"},
      {"{days: mon, timezone: Europe/Atlantis}",
       "timezone: is no time zone that this machine knows; write one like Europe/Berlin (package tzdata)"},
      {"{days: mon, timezone: ../../etc/passwd}",
       "timezone: is no time zone that this machine knows; write one like Europe/Berlin (package tzdata)"},
      {"{days: mon, timezone: localtime}",
       "timezone: is no time zone that this machine knows; write one like Europe/Berlin (package tzdata)"},
      {"{modell: x}", "modell: unknown key; did you mean `model`?"}};
  for (const auto& [when, problem] : table) {
    try {
      SnapshotOf(kFrame + std::string(when));
      ADD_FAILURE() << when << " is taken";
    } catch (const config::ConfigError& e) {
      EXPECT_EQ(e.what(), "w.yaml:8: routes[0].when." + std::string(problem)) << when;
    }
  }
}

}  // namespace
}  // namespace wayleave::router
