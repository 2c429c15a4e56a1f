#include "gateway/vouched.h"

#include <array>
#include <utility>

#include "base/async/worker.h"

namespace wayleave::gateway {
namespace {

using std::chrono::milliseconds;

// Before each further question. Together more than the 200 ms after which every auth-service that sees its database has
// noticed a change.
constexpr std::array kPauses = {milliseconds(0), milliseconds(50), milliseconds(100), milliseconds(200)};

bool IsTimeFor(milliseconds pause, const rpc::CallContext& context) {
  return context.deadline - std::chrono::system_clock::now() > pause;
}

Error Outdated() {
  return Error{
      Code::kUnavailable,
      "No auth-service that answers has seen the latest change of rights. Check their connections to the database.",
      "rights_outdated", std::chrono::seconds(1)};
}

}  // namespace

Task<Result<auth::v1::AuthenticateResponse>> Vouched::Authenticate(const auth::v1::AuthenticateRequest& request,
                                                                   const rpc::CallContext& context) {
  const crypto::Digest digest = cache_.DigestOf(request);
  auto known = cache_.Find(digest, PrincipalCache::Clock::now());
  if (lookups_) lookups_->Note(known.has_value());
  if (known) co_return std::move(*known);
  std::size_t asked = 0;
  for (;;) {
    const std::uint64_t drops = cache_.drops();
    auto question = ask_(request, context);
    auto answer = co_await question;
    const auto now = PrincipalCache::Clock::now();
    if (!answer) co_return answer;
    if (cache_.Believes(*answer, now)) {
      cache_.Keep(digest, *answer, drops, now);
      co_return answer;
    }
    if (asked == kPauses.size() || !IsTimeFor(kPauses[asked], context)) co_return Outdated();
    const milliseconds pause = kPauses[asked++];
    if (pause.count() > 0) co_await Sleep(pause);
  }
}

}  // namespace wayleave::gateway
