#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "provider-service/dialect/reply.h"
#include "provider-service/key_pool.h"

namespace wayleave::provider {

// One request's way through its provider's keys: which one it uses, and what its answers say of them. The pool must
// outlive it. Belongs to one generation; not thread-safe.
class KeyTurn {
 public:
  explicit KeyTurn(KeyPool& pool) : pool_(pool) {}

  // Takes the key for the first attempt. False if all cool; a provider without keys needs none.
  bool Begin(KeyPool::Clock::time_point now);
  // The provider took the key; those that it forbade before are at fault, not the request.
  void Accepted(KeyPool::Clock::time_point now);
  // The provider failed the request. True if it was the key's fault and there is another one, which is taken; else the
  // failure goes to the caller, with the time at which a key will be ready if none is now.
  bool GoOn(Failure& failure, KeyPool::Clock::time_point now);

  std::optional<std::size_t> key() const { return key_; }

 private:
  std::optional<KeyPool::Why> Fault(const Failure& failure) const;

  KeyPool& pool_;
  std::optional<std::size_t> key_;
  std::vector<std::size_t> tried_;
  // Answered with 403, which may be about the model as well.
  std::vector<std::size_t> forbidden_;
};

// What a caller is told while all keys cool.
Failure AllKeysCool(const KeyPool::Cooling& cooling);

}  // namespace wayleave::provider
