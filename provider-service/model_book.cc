#include "provider-service/model_book.h"

#include <algorithm>
#include <utility>

namespace wayleave::provider {
namespace {

// The names come from outside.
constexpr std::size_t kMostModels = 5000;

}  // namespace

bool ModelBook::Knows(const std::string& model) const {
  const std::lock_guard lock(mutex_);
  return models_.contains(model);
}

ModelFacts ModelBook::Facts(const std::string& model, Clock::time_point now) const {
  const std::lock_guard lock(mutex_);
  const auto known = models_.find(model);
  ModelFacts facts = known == models_.end() ? ModelFacts{} : known->second.facts;
  const auto context = contexts_.find(model);
  const bool loaded = context != contexts_.end() && (hold_.count() < 0 || now - context->second.at <= hold_);
  if (loaded) facts.loaded_context = std::max(facts.loaded_context, context->second.tokens);
  return facts;
}

std::optional<ListedModel> ModelBook::Same(const std::string& model, const std::string& version) const {
  const std::lock_guard lock(mutex_);
  const auto known = models_.find(model);
  if (version.empty() || known == models_.end() || known->second.version != version) return std::nullopt;
  return known->second;
}

void ModelBook::Learn(ListedModel model) {
  const std::lock_guard lock(mutex_);
  if (models_.size() >= kMostModels) models_.clear();
  std::string id = model.id;
  models_.insert_or_assign(std::move(id), std::move(model));
}

void ModelBook::Replace(const std::vector<ListedModel>& list) {
  std::map<std::string, ListedModel> models;
  for (const ListedModel& model : list) {
    if (models.size() < kMostModels) models.emplace(model.id, model);
  }
  const std::lock_guard lock(mutex_);
  models_.swap(models);
  std::erase_if(contexts_, [&](const auto& context) { return !models_.contains(context.first); });
}

void ModelBook::Loaded(const std::string& model, std::int64_t context, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (contexts_.size() >= kMostModels) contexts_.clear();
  contexts_.insert_or_assign(model, Context{context, now});
}

}  // namespace wayleave::provider
