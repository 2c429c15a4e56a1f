#include "provider-service/dialect/hub/resume.h"

#include <algorithm>
#include <utility>

#include "provider-service/dialect/hub/wording.h"

namespace wayleave::provider {
namespace {

// For an estimate.
constexpr std::int64_t kBytesOfToken = 4;
// The smallest limit that every provider takes.
constexpr std::int64_t kFewestTokens = 16;

}  // namespace

Result<std::optional<StreamState>> ReadResume(const TranslateOptions& options) {
  if (options.resume.empty()) return std::optional<StreamState>();
  std::optional<StreamState> state = DecodeStreamState(options.resume);
  const bool fits = state && state->dialect == static_cast<std::uint8_t>(options.client) && options.client_stream;
  if (!fits) {
    return Error{Code::kInvalidArgument, "The answer that is to be carried on is of another version or dialect.",
                 "bad_resume", {}};
  }
  return state;
}

void PrepareToCarryOn(const StreamState& from, Json& said) {
  if (At(At(said, "text"), "format").is_object()) said["text"].erase("format");
  const Json& limit = At(said, "max_output_tokens");
  if (!limit.is_number_integer()) return;
  const std::int64_t used = static_cast<std::int64_t>(from.said.size()) / kBytesOfToken;
  said["max_output_tokens"] = std::max(limit.get<std::int64_t>() - used, kFewestTokens);
}

void CarryOn(const StreamState& from, History& history) {
  if (from.said.empty() || history.compaction) return;
  history.conversation.Assistant(from.said);
  history.conversation.User({Part::Text(kCarryOn)});
}

}  // namespace wayleave::provider
