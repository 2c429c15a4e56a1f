#pragma once

#include <memory>
#include <string>

#include "gateway/account.h"
#include "gateway/dispatch.h"
#include "gateway/known.h"
#include "gateway/limits/hold.h"
#include "gateway/pause.h"
#include "gateway/route_header.h"

namespace wayleave::gateway {

// Asks a route's targets, in the way that Dispatch says, until one begins to answer; and, if its answer breaks off and
// may be carried on, the next ones. Belongs to one generation and its worker; what it refers to outlives it.
class Tour {
 public:
  Tour(GenerationServices& services, const Known& known, const router::v1::RouteResponse& route, const Hold& paid,
       Account& account, Record& record, const rpc::CallContext& context)
      : services_(services),
        known_(known),
        route_(route),
        paid_(paid),
        account_(account),
        record_(record),
        context_(context),
        dispatch_(route, services.retries, services.draw) {}

  // The answer's first piece. False if there is none: Stop() was called, or failure() says why.
  Task<bool> Begin(provider::v1::GenerateResponse& piece);
  // The next piece of the answer; false after its last, and status() says whether the provider-service itself failed.
  Task<bool> Next(provider::v1::GenerateResponse& piece);
  // After a piece that says `interrupted`: the first piece of the target that carries the answer on from `resume`;
  // false if none does.
  Task<bool> CarryOn(std::string resume, provider::v1::GenerateResponse& piece);
  // The answer has been read.
  void End();

  // Ends whatever it waits for, at once; no target is asked after it. Idempotent.
  void Stop();

  // The target that is asked or answers.
  const router::v1::Target& target() const { return dispatch_.target(); }
  const Trail& trail() const { return trail_; }
  provider::v1::Failure failure() const { return dispatch_.Told(); }
  Status status() const { return generation_ ? generation_->status() : Status(); }

 private:
  Task<bool> Ask(provider::v1::GenerateResponse& piece);
  provider::v1::GenerateRequest Order() const;
  Step NoteFailure(const provider::v1::GenerateResponse& piece);

  GenerationServices& services_;
  const Known known_;
  const router::v1::RouteResponse& route_;
  const Hold& paid_;
  Account& account_;
  Record& record_;
  rpc::CallContext context_;
  Dispatch dispatch_;
  Trail trail_;
  Pause pause_;
  std::string resume_;
  std::unique_ptr<Generation> generation_;
  InFlight::Hold hold_;
  bool stopped_ = false;
};

}  // namespace wayleave::gateway
