#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace wayleave::provider {

// Tokens as the provider told them.
struct Usage {
  std::int64_t input_tokens = 0;
  std::int64_t cached_input_tokens = 0;
  std::int64_t output_tokens = 0;
  std::int64_t reasoning_tokens = 0;
  std::int64_t total_tokens = 0;
};

// How much of a stream is paid for; what the fields mean is said in provider.proto.
struct Allowance {
  std::int64_t output_tokens = 0;
  std::int64_t step = 0;
  std::int64_t bytes_per_token = 1;
  Usage before;
};

// A failure that the client is told of, in OpenAI's words.
struct Failure {
  int status = 502;
  std::string type = "server_error";
  std::string code;
  std::string message;
  std::optional<std::int64_t> retry_after_ms;
  // The provider's own error body, sent instead of the fields above where not empty.
  std::string body;
  bool retryable = false;
  int upstream_status = 0;
};

enum class Finish { kNone, kCompleted, kIncomplete, kFailed };

// A place in a stream behind which nothing is paid for, and how the stream ends if it must end there.
struct Cut {
  // Where in Output's bytes and events it is.
  std::size_t at = 0;
  std::uint32_t events_before = 0;
  // Output::output_bytes there.
  std::uint64_t output_bytes = 0;
  // The events that end the stream, in place of what stands behind the cut.
  std::string ending;
  std::uint32_t ending_events = 0;
};

// What a reply has ready for the client. The owner takes `bytes` and `events` away between calls; the
// rest stays until the end.
struct Output {
  // Whole events of a stream, or a part of a JSON document.
  std::string bytes;
  std::uint32_t events = 0;
  // In order; taken away with the bytes before them.
  std::deque<Cut> cuts;

  // Set with the terminal event; nothing is written after it.
  Finish finish = Finish::kNone;
  std::optional<Usage> usage;
  std::string error_code;
  std::string error_message;
  // Set with Finish::kFailed where the client was told nothing, because another target may carry the answer on: what it
  // needs for that.
  std::optional<std::string> resume;
  // Set instead of bytes when an answer that is not a stream failed: nothing was sent yet.
  std::optional<Failure> failure;
  // Text, reasoning and arguments delivered so far, in bytes.
  std::uint64_t output_bytes = 0;
  // The model has begun to think, speak or call, though perhaps nothing of it can be delivered yet.
  bool begun = false;
  // Patches for apply_patch in the answer's calls that were repaired, and that nobody could repair.
  std::uint32_t repaired_patches = 0;
  std::uint32_t broken_patches = 0;
  // How long the provider says that it took to load the model; absent if it does not tell.
  std::optional<double> load_seconds;
};

// Turns the bytes of one successful upstream answer into the bytes for the client. Pure: no clock but
// the created_at it is given, no sockets. Feed in any pieces, then exactly one of End or Break; after
// the terminal event all calls do nothing. Exactly one terminal event comes out whatever comes in.
// Belongs to one generation; not thread-safe.
class Reply {
 public:
  virtual ~Reply() = default;
  // Before the first bytes: the upstream's status is known to be good. A stream may begin here.
  virtual void Begin(Output& out) = 0;
  virtual void Feed(std::string_view upstream_bytes, Output& out) = 0;
  // The upstream ended its answer in order (last chunk, or EOF where that is how answers end).
  virtual void End(Output& out) = 0;
  // The answer broke off: connection lost, timeout, drained. `code` and `message` are for the client.
  virtual void Break(std::string_view code, std::string_view message, Output& out) = 0;
  // Nothing has come for a while: says something that every client ignores but that resets idle timers
  // (a data event for Responses streams), if that is possible here.
  virtual void KeepAlive(Output& out) = 0;
};

}  // namespace wayleave::provider
