#include "router-service/fitness.h"

#include <algorithm>

#include "router-service/refusal.h"

namespace wayleave::router {
namespace {

// What is known of a target; what is not, counts as able.
struct Abilities {
  bool tools = true;
  bool images = true;
  bool reasoning = true;
  bool reasoning_ruled_out = false;  // by the operator
  std::int64_t window = 0;           // 0: unknown
};

Abilities AbilitiesOf(const Candidate& candidate, const Snapshot& snapshot) {
  Abilities able;
  const v1::Target& target = candidate.target;
  if (const auto* told = snapshot.FindOffer(target.provider(), target.model())) {
    able.tools = !told->has_tools() || told->tools();
    able.images = !told->has_images() || told->images();
    able.reasoning = !told->has_reasoning() || told->reasoning();
    able.window = told->context_window();
  }
  if (const TargetConfig* facts = candidate.facts) {
    able.tools = facts->tools.value_or(able.tools);
    able.images = facts->images.value_or(able.images);
    able.reasoning = facts->reasoning.value_or(able.reasoning);
    able.reasoning_ruled_out = facts->reasoning == false;
    if (facts->context_window > 0) able.window = facts->context_window;
  }
  return able;
}

struct Lack {
  bool tools = false, images = false, reasoning = false, window = false;
  bool reasoning_counts = false, window_counts = false;  // enough to refuse
  std::int64_t window_size = 0;

  bool any() const { return tools || images || reasoning || window; }
  bool ability() const { return tools || images || reasoning_counts; }
  bool hard() const { return ability() || window_counts; }
};

Lack LackOf(const Candidate& candidate, const v1::RouteRequest& request, const Snapshot& snapshot) {
  const Abilities able = AbilitiesOf(candidate, snapshot);
  const v1::Needs& needs = request.needs();
  const std::int64_t tokens = request.input_tokens();
  Lack lack;
  lack.tools = needs.tools() && !able.tools;
  lack.images = needs.images() && !able.images;
  lack.reasoning = needs.reasoning() && !able.reasoning;
  lack.reasoning_counts = lack.reasoning && able.reasoning_ruled_out;
  lack.window = able.window > 0 && tokens > able.window;
  // An image's bytes are many, its tokens few: no count of bytes tells that it does not fit.
  lack.window_counts = lack.window && tokens / 2 > able.window && !needs.images();
  lack.window_size = able.window;
  return lack;
}

std::string Words(const Lack& lack, std::int64_t tokens) {
  std::string words;
  const auto add = [&](const std::string& word) { words += (words.empty() ? "" : "; ") + word; };
  if (lack.tools) add("it can't use tools");
  if (lack.images) add("it can't read images");
  if (lack.reasoning) add("it does not reason");
  if (lack.window) {
    add("its context window of " + std::to_string(lack.window_size) + " tokens is too small for about " +
        std::to_string(tokens));
  }
  return words;
}

// Which abilities somebody lacks who is not let through.
Error Refuse(const std::vector<Lack>& lacks, const std::vector<Candidate>& candidates,
             const v1::RouteRequest& request) {
  const bool by_window = std::any_of(lacks.begin(), lacks.end(), [](const Lack& lack) { return !lack.ability(); });
  std::int64_t largest = 0;
  std::string missing;
  for (std::size_t i = 0; i < lacks.size(); ++i) {
    if (!lacks[i].ability()) largest = std::max(largest, lacks[i].window_size);
    const v1::Target& target = candidates[i].target;
    if (i < 5) missing += (i ? ", " : "") + target.provider() + "/" + target.model() + " (" +
                          Words(lacks[i], request.input_tokens()) + ")";
  }
  return by_window ? WindowTooSmall(request, largest) : NobodyAble(request, missing);
}

template <class Predicate>
void Remove(Predicate unfit, const std::vector<Lack>& lacks, const v1::RouteRequest& request,
            std::vector<Candidate>& candidates, PassedOver& passed_over) {
  std::vector<Candidate> fit;
  fit.reserve(candidates.size());
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (unfit(lacks[i])) {
      PassOver(candidates[i].target, Words(lacks[i], request.input_tokens()), passed_over);
    } else {
      fit.push_back(std::move(candidates[i]));
    }
  }
  candidates = std::move(fit);
}

// Lists of texts and questions for a count are not put into a window.
bool IsGeneration(const v1::RouteRequest& request) {
  return request.endpoint() != provider::v1::ENDPOINT_EMBEDDINGS &&
         request.endpoint() != provider::v1::ENDPOINT_COUNT_TOKENS;
}

}  // namespace

Status Fit(const v1::RouteRequest& request, const Snapshot& snapshot, std::vector<Candidate>& candidates,
           PassedOver& passed_over) {
  if (!IsGeneration(request) || candidates.empty()) return {};
  std::vector<Lack> lacks;
  lacks.reserve(candidates.size());
  for (const Candidate& candidate : candidates) lacks.push_back(LackOf(candidate, request, snapshot));
  const auto any = [](const Lack& lack) { return lack.any(); };
  const auto hard = [](const Lack& lack) { return lack.hard(); };
  if (std::none_of(lacks.begin(), lacks.end(), any)) return {};
  if (std::all_of(lacks.begin(), lacks.end(), hard)) return Refuse(lacks, candidates, request);
  if (std::all_of(lacks.begin(), lacks.end(), any)) {
    Remove(hard, lacks, request, candidates, passed_over);
  } else {
    Remove(any, lacks, request, candidates, passed_over);
  }
  return {};
}

}  // namespace wayleave::router
