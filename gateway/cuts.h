#pragma once

#include <functional>
#include <list>
#include <vector>

#include "base/async/worker.h"

namespace wayleave::gateway {

// Ends all generations in progress at once, each with an end that its client understands: for a gateway that must go
// before they are done. The workers must outlive it, and it every place.
class Cuts {
  struct Row {
    std::list<std::function<void()>> ends;
    bool over = false;
  };

 public:
  explicit Cuts(WorkerPool& workers);

  // While it lives, `end` may be called, once, on the worker that it was made on: perhaps at once. On a thread that is
  // no worker it does nothing.
  class Place {
   public:
    Place(Cuts& cuts, std::function<void()> end);
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

   private:
    Row* const row_;
    std::list<std::function<void()>>::iterator at_;
  };

  // Those in progress, and each that begins later. Any thread; does not wait.
  void All();

 private:
  WorkerPool& workers_;
  std::vector<Row> rows_;  // one for each worker, touched there alone
};

}  // namespace wayleave::gateway
