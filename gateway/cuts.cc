#include "gateway/cuts.h"

#include <utility>

namespace wayleave::gateway {

Cuts::Cuts(WorkerPool& workers) : workers_(workers), rows_(static_cast<std::size_t>(workers.size())) {}

Cuts::Place::Place(Cuts& cuts, std::function<void()> end)
    : row_(Worker::Current() ? &cuts.rows_[static_cast<std::size_t>(Worker::Current()->index())] : nullptr) {
  if (!row_) return;
  at_ = row_->ends.insert(row_->ends.end(), std::move(end));
  if (row_->over) (*at_)();
}

Cuts::Place::~Place() {
  if (row_) row_->ends.erase(at_);
}

// An end may destroy its own place.
void Cuts::All() {
  for (int i = 0; i < workers_.size(); ++i) {
    workers_[i].Post([&row = rows_[static_cast<std::size_t>(i)]] {
      row.over = true;
      for (auto next = row.ends.begin(); next != row.ends.end();) {
        const std::function<void()> end = *next++;
        end();
      }
    });
  }
}

}  // namespace wayleave::gateway
