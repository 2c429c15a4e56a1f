#include "deploy/route_commands.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "auth-service/usage_admin.h"
#include "base/config/scalar.h"
#include "deploy/explanation.h"
#include "deploy/facts.h"
#include "deploy/local_decisions.h"
#include "deploy/remote_explain.h"
#include "deploy/replay.h"
#include "deploy/settings.h"
#include "deploy/welcome.h"

namespace wayleave::deploy {
namespace {

struct Options {
  app::Flags flags;
  Description request;
  std::string url;
  std::string since = "24h";
  bool json = false;
};

int Fail(const Error& error) {
  fmt::print(stderr, "wayleave: {}\n", error.message);
  return 1;
}

Result<router::v1::ExplainResponse> ExplainHere(const Options& options, const router::v1::RouteRequest& facts) {
  LocalDecisions decisions(LoadSettings(options.flags).router.routing);
  router::v1::ExplainRequest request;
  *request.mutable_request() = facts;
  return decisions.Explain(request);
}

bool DescribesAKey(const Description& request) {
  return request.tenant != Description().tenant || !request.user.empty() || !request.roles.empty() ||
         !request.labels.empty() || !request.budget_left.empty();
}

int Explain(const Options& options) {
  const Result<router::v1::RouteRequest> facts = FactsOf(options.request);
  if (!facts) return Fail(facts.error());
  if (!options.url.empty() && DescribesAKey(options.request)) {
    return Fail({Code::kInvalidArgument,
                 std::string("with --url the key in ") + kKeyVariable +
                     " says who asks: leave --tenant, --user, --role, --key and --budget-left out",
                 {},
                 {}});
  }
  const char* key = std::getenv(kKeyVariable);
  const auto explanation = options.url.empty() ? ExplainHere(options, *facts)
                                               : ExplainAt(options.url, key ? key : "", *facts);
  if (!explanation) return Fail(explanation.error());
  fmt::print("{}", options.json ? AsJson(*explanation) : InWords(*explanation));
  const bool blind = options.url.empty() && !options.json && !explanation->has_decision();
  if (blind) fmt::print("\nModels that only the providers tell of are not seen here; --url asks a running gateway.\n");
  return 0;
}

int ReplayUsage(const Options& options) {
  const auto span = config::ParseDuration(options.since);
  if (!span) return Fail({Code::kInvalidArgument, "--since " + span.error().message, {}, {}});
  const auto since = std::chrono::system_clock::now() - *span;
  const router::RoutingConfig routing = LoadSettings(options.flags).router.routing;
  const auth::Config records = AuthConfigOf(options.flags);

  SeenModels seen;
  Status read = auth::ForEachUsage(records, since, [&seen](const auto& record) { seen.Add(record); });
  if (!read) return Fail(read.error());
  LocalDecisions decisions(routing);
  decisions.Learn(seen.Offers(routing.providers));
  Replay replay([&decisions](const router::v1::RouteRequest& facts) { return decisions.Route(facts); });
  read = auth::ForEachUsage(records, since, [&replay](const auto& record) { replay.Add(record); });
  if (!read) return Fail(read.error());
  fmt::print("{}", options.json ? AsJson(replay) : AsTable(replay));
  return 0;
}

void AddExplain(CLI::App& verb, Options& options) {
  Description& request = options.request;
  verb.add_option("--model", request.model, "The model that the client names; without it: none");
  verb.add_option("--endpoint", request.endpoint,
                  "responses, chat_completions, messages, count_tokens or embeddings")
      ->capture_default_str();
  verb.add_option("--header", request.headers, "A request header, name=value; repeat for more");
  verb.add_option("--at", request.at, "When: 2026-11-20T23:00+09:00; without it: now");
  verb.add_option("--tenant", request.tenant, "The tenant of the key")->capture_default_str();
  verb.add_option("--user", request.user, "The user of the key");
  verb.add_option("--role", request.roles, "A role of the key; repeat for more");
  verb.add_option("--key", request.labels, "A label of the key, name=value; repeat for more");
  verb.add_option("--input-tokens", request.input_tokens, "How long the input is");
  verb.add_option("--max-output-tokens", request.max_output_tokens, "The most that the client asks for");
  verb.add_option("--needs", request.needs, "What the target must be able to do: tools, images, reasoning");
  verb.add_option("--session", request.session, "The key of the conversation, for sticky choices");
  verb.add_option("--budget-left", request.budget_left, "What is left of the budget, like 15%; without it: no budget");
  verb.add_option("--url", options.url,
                  std::string("Ask the running gateway there, with the key in ") + kKeyVariable +
                      ", instead of deciding from the file");
}

}  // namespace

void AddRouteCommands(CLI::App& command, int& exit_code) {
  const auto options = std::make_shared<Options>();
  CLI::App* route = command.add_subcommand("route", "Ask how requests are routed, and why");
  route->require_subcommand(1);
  const auto add = [&](const char* name, const char* text, int (*run)(const Options&)) {
    CLI::App* verb = route->add_subcommand(name, text);
    verb->add_option("-c,--config", options->flags.config, "The configuration file to decide by")
        ->envname("WAYLEAVE_CONFIG");
    verb->add_flag("--json", options->json, "As JSON");
    verb->callback([options, run, &exit_code] { exit_code = run(*options); });
    return verb;
  };
  AddExplain(*add("explain", "Say where a request would go, and why", Explain), *options);
  CLI::App* replay = add("replay", "Decide recorded requests anew by another file, and show what would change",
                         ReplayUsage);
  replay->add_option("--since", options->since, "How far back: 24h, 7d, 30m")->capture_default_str();
  replay->add_option("--state-dir", options->flags.state_dir, "Where the usage is kept; without it: as the file says")
      ->envname("WAYLEAVE_STATE_DIR");
}

}  // namespace wayleave::deploy
