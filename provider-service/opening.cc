#include "provider-service/opening.h"

#include "provider-service/failures.h"

namespace wayleave::provider {
namespace {

bool IsOver(const Output& out) { return out.finish != Finish::kNone || out.failure; }

}  // namespace

bool Opening::IsHeld(const Output& out) const {
  return first_token_.count() > 0 && !begun_ && !out.begun && out.output_bytes == 0 && !IsOver(out);
}

bool Opening::HasNews(const Output& out) const {
  if (IsOver(out)) return true;
  if (IsHeld(out) || !heard_) return false;
  return !out.bytes.empty() || !out.cuts.empty() || (stream_ && !begun_);
}

bool Opening::IsUndelivered(const Output& out) const {
  if (begun_) return false;
  if (out.failure || out.resume) return true;
  if (!stream_ || out.finish != Finish::kFailed || out.output_bytes > 0) return false;
  return first_token_.count() > 0 || UndeliveredFailure(out).retryable;
}

}  // namespace wayleave::provider
