#include "provider-service/catalogue.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/async/worker.h"
#include "provider-service/adapters/registry.h"

namespace wayleave::provider {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t kMaxAnswer = 8 << 20;
// So many models are asked about at once.
constexpr int kAtOnce = 4;

// The answer's body; the problem is empty if there is a whole one.
Task<std::string> Inquire(Provider& provider, http::Exchange& exchange, const ModelsQuestion& question,
                          std::string& problem) {
  const std::string target = provider.Target(question.path);
  const v1::GenerateRequest nobody;
  const http::ClientHeaders headers = provider.HeadersFor(nobody, "application/json", provider.AnyKey());
  const std::vector<std::string_view> body{question.body};
  const bool get = question.body.empty();
  const http::ClientRequest request{get ? "GET" : "POST", target, &headers, get ? nullptr : &body};
  Result<http::ResponseHead> head = co_await exchange.Send(request);
  provider.metrics.Connected(exchange.connects(), exchange.connect_failed());
  std::string answer;
  if (!head) {
    problem = head.error().message;
    co_return answer;
  }
  if (head->status != 200) problem = "answered with status " + std::to_string(head->status);
  for (;;) {
    Result<http::Exchange::Body> read = co_await exchange.ReadBody(answer);
    if (!read) problem = read.error().message;
    if (answer.size() > kMaxAnswer) problem = "the answer about models is too long";
    if (!read || *read == http::Exchange::Body::kEnd || !problem.empty()) co_return answer;
  }
}

// The lists of one provider's models, looked through by several at once.
struct Round {
  Provider& provider;
  http::ConnectionPool& pool;
  Clock::time_point until;
  std::vector<ListedModel> models{};
  std::size_t next = 0;
};

http::ClientTimeouts Within(const Provider& provider, Clock::time_point until) {
  http::ClientTimeouts timeouts = provider.config.timeouts;
  timeouts.total = std::max(milliseconds(1), std::chrono::duration_cast<milliseconds>(until - Clock::now()));
  return timeouts;
}

// A model that can't be looked at stays as the list has it, and without a version, so that it is looked at again.
Task<void> LookAt(Round& round, ListedModel& model) {
  if (auto known = round.provider.models.Same(model.id, model.version)) {
    model = *std::move(known);
    co_return;
  }
  const std::optional<ModelsQuestion> question = round.provider.adapter->QuestionAbout(model.id);
  if (!question) co_return;
  std::string problem = "late";
  std::string answer;
  if (Clock::now() < round.until) {
    problem.clear();
    http::Exchange exchange(round.pool, round.provider.origin, Within(round.provider, round.until));
    answer = co_await Inquire(round.provider, exchange, *question, problem);
  }
  if (!problem.empty() || !round.provider.adapter->ReadAbout(answer, model)) model.version.clear();
}

Task<void> LookThrough(Round& round) {
  while (round.next < round.models.size()) {
    ListedModel& model = round.models[round.next++];
    co_await LookAt(round, model);
  }
}

void Tell(const ListedModel& model, v1::ProviderModels& into) {
  v1::UpstreamModel& told = *into.add_models();
  told.set_id(model.id);
  told.set_context_window(model.facts.context_window);
  if (model.facts.images) told.set_images(*model.facts.images);
  if (model.facts.tools) told.set_tools(*model.facts.tools);
  if (model.facts.reasoning) told.set_reasoning(*model.facts.reasoning);
  if (!model.chats) told.set_chats(false);
}

Task<std::string> List(Round& round) {
  const ModelsQuestion question = round.provider.adapter->ListQuestion();
  http::Exchange exchange(round.pool, round.provider.origin, Within(round.provider, round.until));
  std::string problem;
  const std::string answer = co_await Inquire(round.provider, exchange, question, problem);
  if (problem.empty() && !round.provider.adapter->ReadList(answer, round.models)) {
    problem = "the answer is not a list of models";
  }
  co_return problem;
}

}  // namespace

Task<void> FetchModels(Provider& provider, http::ConnectionPool& pool, milliseconds time, v1::ProviderModels& into) {
  into.set_provider(provider.config.name);
  for (const std::string& own : provider.adapter->OwnModels()) into.add_models()->set_id(own);
  if (into.models_size() > 0) co_return;

  Round round{provider, pool, Clock::now() + time};
  std::string problem = co_await List(round);
  if (problem.empty()) {
    TaskGroup lookers;
    for (int i = 0; i < kAtOnce; ++i) lookers.Spawn(LookThrough(round));
    co_await lookers.Empty();
    provider.models.Replace(round.models);
    for (const ListedModel& model : round.models) Tell(model, into);
  }
  into.set_problem(std::move(problem));
}

Task<bool> AskForLife(Provider& provider, http::ConnectionPool& pool, milliseconds time, std::string& answered) {
  std::size_t models = provider.adapter->OwnModels().size();
  std::string problem;
  if (FindAdapterType(provider.config.type)->has_upstream) {
    const ModelsQuestion question = provider.adapter->ReachQuestion().value_or(provider.adapter->ListQuestion());
    http::Exchange exchange(pool, provider.origin, Within(provider, Clock::now() + time));
    const std::string answer = co_await Inquire(provider, exchange, question, problem);
    std::vector<ListedModel> list;
    const bool listed = models > 0 || provider.adapter->ReadList(answer, list);
    if (problem.empty() && !listed) problem = "the answer is not a list of models";
    models += list.size();
  }
  answered = problem.empty() ? "offers " + std::to_string(models) + " models" : problem;
  co_return problem.empty();
}

Task<ModelFacts> FetchFacts(Provider& provider, http::Exchange& exchange, const std::string& model) {
  const std::string name = provider.adapter->ListedName(model);
  const bool ask = provider.adapter->NeedsFacts() && !provider.models.Knows(name);
  const std::optional<ModelsQuestion> question = provider.adapter->QuestionAbout(model);
  if (ask && question) {
    std::string problem;
    const std::string answer = co_await Inquire(provider, exchange, *question, problem);
    ListedModel learned;
    learned.id = name;
    if (problem.empty() && provider.adapter->ReadAbout(answer, learned)) provider.models.Learn(std::move(learned));
  }
  co_return provider.models.Facts(name, Clock::now());
}

}  // namespace wayleave::provider
