#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "provider-service/dialect/models.h"

namespace wayleave::provider {

// What is known of one provider's models: filled when they are listed and when one is asked that no list has named,
// read before each request. Any thread; calls hold a lock for a look-up only.
class ModelBook {
 public:
  using Clock = std::chrono::steady_clock;

  // `hold`: how long a model keeps the context that it was last asked to have; negative: for ever.
  explicit ModelBook(std::chrono::milliseconds hold) : hold_(hold) {}

  bool Knows(const std::string& model) const;
  // What is known, with loaded_context while the model is thought to be loaded.
  ModelFacts Facts(const std::string& model, Clock::time_point now) const;
  // The model as it was learned before, if it is still of this version and that is not empty.
  std::optional<ListedModel> Same(const std::string& model, const std::string& version) const;

  void Learn(ListedModel model);
  // Forgets all that are not in the list.
  void Replace(const std::vector<ListedModel>& list);

  // The model was asked to have this context.
  void Loaded(const std::string& model, std::int64_t context, Clock::time_point now);

 private:
  struct Context {
    std::int64_t tokens = 0;
    Clock::time_point at;
  };
  const std::chrono::milliseconds hold_;
  mutable std::mutex mutex_;
  std::map<std::string, ListedModel> models_;
  std::map<std::string, Context> contexts_;
};

}  // namespace wayleave::provider
