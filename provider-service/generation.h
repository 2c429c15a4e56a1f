#pragma once

#include "base/async/task.h"
#include "base/result.h"
#include "wayleave/provider/v1/provider.pb.h"

namespace wayleave::provider {

// One generation in progress, pulled piece by piece: what is not pulled stays upstream, so a slow client
// slows the provider. Belongs to the worker that started it. Destroying it closes the upstream exchange;
// a Next() must not be under way then (Cancel() it and let it end).
class Generation {
 public:
  virtual ~Generation() = default;
  // The next piece; false at the end. What the provider did wrong comes as a piece; status() is about us.
  virtual Task<bool> Next(v1::GenerateResponse& piece) = 0;
  // Closes the upstream exchange now; a Next() that waits then returns false. Idempotent.
  virtual void Cancel() = 0;
  virtual const Status& status() const = 0;
};

}  // namespace wayleave::provider
