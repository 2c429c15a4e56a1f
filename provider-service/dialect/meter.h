#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "provider-service/dialect/reply.h"

namespace wayleave::provider {

// Finds the places in a stream where what is paid for is used up. Belongs to one reply; not thread-safe.
class Meter {
 public:
  // Nothing: all is paid for.
  explicit Meter(const std::optional<Allowance>& allowance) : allowance_(allowance) {}

  // Whether so many bytes of output more, of an event that is about to be told, are not paid for.
  bool IsPassedBy(std::size_t bytes, const Output& out) const;
  // What the stream counts as used so far.
  Usage Used(const Output& out) const;
  // Notes in Output::cuts that the stream would end here with what `ending` holds; from then on the next step is paid
  // for, or at least the event with these bytes.
  void NoteCut(Output ending, std::size_t bytes, Output& out);

 private:
  std::int64_t OutputTokens(std::uint64_t bytes) const;

  std::optional<Allowance> allowance_;
};

}  // namespace wayleave::provider
