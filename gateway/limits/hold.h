#pragma once

#include <chrono>
#include <string>

#include "base/async/task.h"
#include "gateway/limits/bound.h"
#include "gateway/ports.h"

namespace wayleave::gateway {

// What auth-service holds for one generation. Belongs to the generation and its worker; the port, the route and what
// `known` refers to outlive it.
class Hold {
 public:
  // Of nothing yet, and under an id of its own, which the generation has also if nothing is ever held for it.
  Hold();

  // Asks for it. The error is fit for the client, and nothing is held then. Sets in the route how much output the request
  // may ask for, where that is limited.
  Task<Status> Take(AuthPort& auth, const Known& known, router::v1::RouteResponse& route,
                    std::chrono::milliseconds lifetime, const rpc::CallContext& context);

  // By how much it grows at least.
  static constexpr std::int64_t kSlice = 4096;

  // Whether there is only money for so long an answer.
  bool limits_output() const { return output_tokens_ > 0; }
  std::int64_t output_tokens() const { return output_tokens_; }
  // Whether an answer of so many output tokens, as far as one can tell from its bytes, is paid for. Providers that keep to
  // the limit that they were told never pass it.
  bool Covers(std::int64_t output_tokens) const { return output_tokens <= output_tokens_; }
  // Asks for more, so that it covers them. False if it can't be had: then the answer must end here.
  Task<bool> GrowTo(std::int64_t output_tokens, const rpc::CallContext& context);

  // Another target is to carry the answer on, which costs as much again. False if that can't be had.
  Task<bool> Again(const rpc::CallContext& context);

  // The request has ended and takes no place any more, if it took one. Waits at most a quarter of a second for
  // auth-service to know; who does not hear of it learns it from the settlement. Idempotent.
  Task<void> Vacate(const rpc::CallContext& context);

  const std::string& id() const { return request_.reservation_id(); }
  const auth::v1::ReserveResponse& response() const { return response_; }

 private:
  void Pay(const Known& known, router::v1::RouteResponse& route);
  Task<bool> Grow(auth::v1::Amount by, const rpc::CallContext& context);

  AuthPort* auth_ = nullptr;
  auth::v1::ReserveRequest request_;
  auth::v1::ReserveResponse response_;
  Bound bound_;
  bool has_place_ = false;
  // The output tokens that are paid for; 0 if nobody has to pay.
  std::int64_t output_tokens_ = 0;
  // The money for one output token at the dearest target, rounded up, in billionths of a US dollar.
  std::int64_t token_cost_ = 0;
};

}  // namespace wayleave::gateway
