#include "gateway/cuts.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>

namespace wayleave::gateway {
namespace {

void On(Worker& worker, const std::function<void()>& fn) {
  std::promise<void> done;
  worker.Post([&] {
    fn();
    done.set_value();
  });
  done.get_future().wait();
}

class CutsTest : public ::testing::Test {
 protected:
  using Place = std::unique_ptr<Cuts::Place>;

  Place Take(int worker, std::function<void()> end) {
    Place place;
    On(workers_[worker], [&] { place = std::make_unique<Cuts::Place>(cuts_, std::move(end)); });
    return place;
  }
  void GiveBack(int worker, Place& place) {
    On(workers_[worker], [&] { place.reset(); });
  }
  void CutAll() {
    cuts_.All();
    for (int i = 0; i < workers_.size(); ++i) On(workers_[i], [] {});
  }

  WorkerPool workers_{2};
  Cuts cuts_{workers_};
};

TEST_F(CutsTest, EndsThoseInProgressOnTheirWorkers) {
  std::vector<Worker*> ended;
  Place first = Take(0, [&] { ended.push_back(Worker::Current()); });
  Place gone = Take(1, [&] { ended.push_back(nullptr); });
  GiveBack(1, gone);

  CutAll();

  EXPECT_EQ(ended, std::vector<Worker*>{&workers_[0]});
  GiveBack(0, first);
}

TEST_F(CutsTest, EndsThoseAtOnceThatComeLater) {
  CutAll();
  int ended = 0;

  Place late = Take(1, [&] { ++ended; });

  EXPECT_EQ(ended, 1);
  GiveBack(1, late);
}

TEST_F(CutsTest, AnEndMayTakeItsPlaceWithIt) {
  Place own, other;
  int ended = 0;
  own = Take(0, [&] {
    ++ended;
    own.reset();
    ++ended;
  });
  other = Take(0, [&] { ++ended; });

  CutAll();

  EXPECT_EQ(ended, 3);
  GiveBack(0, other);
}

}  // namespace
}  // namespace wayleave::gateway
