#include <utility>

#include "provider-service/pieces.h"
#include "provider-service/upstream_generation.h"

namespace wayleave::provider {
namespace {

class FailedGeneration : public Generation {
 public:
  explicit FailedGeneration(Failure failure) : failure_(std::move(failure)) {}

  Task<bool> Next(v1::GenerateResponse& piece) override {
    piece.Clear();
    if (std::exchange(told_, true)) co_return false;
    FillFailure(failure_, *piece.mutable_failure());
    co_return true;
  }
  void Cancel() override { told_ = true; }
  const Status& status() const override { return status_; }

 private:
  const Failure failure_;
  const Status status_;
  bool told_ = false;
};

}  // namespace

std::unique_ptr<Generation> MakeFailedGeneration(Failure failure) {
  return std::make_unique<FailedGeneration>(std::move(failure));
}

}  // namespace wayleave::provider
