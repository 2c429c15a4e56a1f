#pragma once

#include <chrono>
#include <utility>

#include "provider-service/dialect/reply.h"

namespace wayleave::provider {

// When an answer begins for its client. Until it has, a failure is no part of the answer, and another target can be
// asked.
//
// A stream begins with the upstream's first bytes, or with a sign of life after long silence; where the first token has a
// time, with what the model says first. A document is sent as it comes. Belongs to one generation.
class Opening {
 public:
  explicit Opening(bool stream) : stream_(stream) {}

  // Of the present attempt: how long the first token may take; 0: however long.
  void Await(std::chrono::milliseconds first_token) { first_token_ = first_token; }
  std::chrono::milliseconds first_token() const { return first_token_; }
  // The upstream has said something, or the client is to hear a sign of life.
  void Heard() { heard_ = true; }
  // The client is told the head; whether that is new.
  bool Begin() { return !std::exchange(begun_, true); }

  // Whether a token is awaited before which nothing goes out.
  bool IsHeld(const Output& out) const;
  // Whether there is something for the client.
  bool HasNews(const Output& out) const;
  // Whether it failed and the client has heard nothing. A fault of the request is told in the stream.
  bool IsUndelivered(const Output& out) const;

 private:
  const bool stream_;
  std::chrono::milliseconds first_token_{0};
  bool heard_ = false;
  bool begun_ = false;
};

}  // namespace wayleave::provider
