#include "provider-service/dialect/settings.h"

#include <algorithm>

#include "provider-service/dialect/messages/model.h"
#include "provider-service/dialect/set_members.h"

namespace wayleave::provider {
namespace {

using Field = ChatQuirks::MaxTokensField;
using Thinking = MessagesQuirks::Thinking;
using Unasked = MessagesModel::Unasked;

constexpr std::int64_t kSmallestBudget = 1024;

std::string Mapped(const std::string& effort, const ChatQuirks& quirks) {
  const auto word = quirks.effort_map.find(effort);
  return word == quirks.effort_map.end() ? effort : word->second;
}

void SetTier(const RequestSettings& settings, const Quirks& quirks, MemberChanges& changes) {
  if (!settings.service_tier.empty()) changes.Set("service_tier", settings.service_tier, quirks.chat.service_tier);
}

// How a request of the Messages API is told what to think.
class Thoughts {
 public:
  Thoughts(const RequestSettings& settings, const Quirks& quirks, std::string_view model)
      : settings_(settings), quirks_(quirks), model_(MessagesModelOf(model)) {
    if (quirks.messages.thinking != Thinking::kByModel) model_.thinking = quirks.messages.thinking;
    effort_ = Mapped(settings.reasoning_effort, quirks.chat);
  }

  void Put(MemberChanges& changes) const;

 private:
  void Switch(const Json& thinking, MemberChanges& changes) const;
  void Budget(Json thinking, MemberChanges& changes) const;
  void Effort(const std::string& word, MemberChanges& changes) const;

  const RequestSettings& settings_;
  const Quirks& quirks_;
  MessagesModel model_;
  std::string effort_;
};

void Thoughts::Put(MemberChanges& changes) const {
  const Json thinking = changes.Value("thinking");
  // A budget must leave room below the limit, which may have become lower.
  if (TextAt(thinking, "type") == "enabled") return Budget(thinking, changes);
  if (effort_.empty() || model_.thinking == Thinking::kNone) return;
  if (effort_ == "none") return Switch(thinking, changes);
  if (model_.thinking == Thinking::kAdaptive) Effort(effort_ == "xhigh" && !model_.xhigh ? "high" : effort_, changes);
}

void Thoughts::Switch(const Json& thinking, MemberChanges& changes) const {
  if (model_.unasked == Unasked::kAlwaysThinks) return Effort("low", changes);
  const bool thinks = TextAt(thinking, "type") == "adaptive" || model_.unasked == Unasked::kThinks;
  if (thinks) changes.Set("thinking", {{"type", "disabled"}});
}

void Thoughts::Budget(Json thinking, MemberChanges& changes) const {
  const Json given = changes.Value("max_tokens");
  std::int64_t limit = given.is_number_integer() ? given.get<std::int64_t>() : quirks_.messages.max_tokens;
  if (settings_.max_output_tokens > 0) limit = std::min(limit, settings_.max_output_tokens);
  const Json& wanted = At(thinking, "budget_tokens");
  std::int64_t budget = wanted.is_number_integer() ? wanted.get<std::int64_t>() : 0;
  if (!effort_.empty()) {
    const auto listed = quirks_.messages.thinking_budgets.find(effort_);
    budget = listed == quirks_.messages.thinking_budgets.end() ? 0 : listed->second;
  }
  if (budget >= limit) budget = limit - limit / 4;
  if (budget < kSmallestBudget) return changes.Set("thinking", {{"type", "disabled"}});
  if (wanted == budget) return;
  thinking["budget_tokens"] = budget;
  changes.Set("thinking", thinking);
}

void Thoughts::Effort(const std::string& word, MemberChanges& changes) const {
  Json output = changes.Value("output_config");
  if (!output.is_object()) output = Json::object();
  output["effort"] = word;
  changes.Set("output_config", output);
}

}  // namespace

BodyChanges ResponsesSettings(std::string_view body, const RequestSettings& settings, const Quirks& quirks) {
  MemberChanges changes(body);
  const std::int64_t most = settings.max_output_tokens;
  if (!settings.reasoning_effort.empty()) {
    Json reasoning = changes.Value("reasoning");
    if (!reasoning.is_object()) reasoning = Json::object();
    reasoning["effort"] = settings.reasoning_effort;
    changes.Set("reasoning", reasoning);
  }
  if (most > 0 && !changes.Limit("max_output_tokens", most)) changes.Add("max_output_tokens", most);
  SetTier(settings, quirks, changes);
  return changes.Take();
}

BodyChanges ChatSettings(std::string_view body, const RequestSettings& settings, const Quirks& quirks) {
  MemberChanges changes(body);
  const std::string effort = Mapped(settings.reasoning_effort, quirks.chat);
  if (!effort.empty()) changes.Set("reasoning_effort", effort, quirks.chat.reasoning_effort);
  const std::int64_t most = settings.max_output_tokens;
  if (most > 0) {
    const bool old_name = changes.Limit("max_tokens", most);
    const bool new_name = changes.Limit("max_completion_tokens", most);
    const bool prefers_old = quirks.chat.max_tokens_field == Field::kMaxTokens;
    if (!old_name && !new_name) changes.Add(prefers_old ? "max_tokens" : "max_completion_tokens", most);
  }
  SetTier(settings, quirks, changes);
  return changes.Take();
}

BodyChanges MessagesSettings(std::string_view body, const RequestSettings& settings, const Quirks& quirks,
                             std::string_view model) {
  MemberChanges changes(body);
  const std::int64_t most = settings.max_output_tokens;
  if (most > 0 && !changes.Limit("max_tokens", most)) changes.Add("max_tokens", most);
  Thoughts(settings, quirks, model).Put(changes);
  return changes.Take();
}

}  // namespace wayleave::provider
