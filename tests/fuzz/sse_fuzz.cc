// Any bytes, in any pieces: the events are the same, and the blocks together are the stream.
#include <fuzzer/FuzzedDataProvider.h>

#include <cstdlib>
#include <string>

#include "base/http/sse.h"

namespace {

struct Told {
  std::string events;
  std::string raw;
  bool failed = false;
  bool operator==(const Told&) const = default;
};

Told Read(const std::string& stream, std::size_t piece) {
  wayleave::http::SseParser parser(1 << 16);
  Told told;
  const auto take = [&](const wayleave::http::SseBlock& block) {
    told.raw += block.raw;
    if (block.has_data) told.events.append(block.event).append("|").append(block.data).append("\n");
  };
  for (std::size_t at = 0; at < stream.size(); at += piece) {
    const std::string bytes = stream.substr(at, piece);
    parser.Feed(bytes);
    while (const auto block = parser.Next()) take(*block);
  }
  if (const auto rest = parser.Rest()) take(*rest);
  told.failed = parser.failed();
  return told;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  const std::size_t piece = input.ConsumeIntegralInRange<std::size_t>(1, 64);
  const std::string stream = input.ConsumeRemainingBytesAsString();
  const Told pieces = Read(stream, piece);
  const Told whole = Read(stream, stream.size() + 1);
  if (!(pieces == whole)) std::abort();
  const std::size_t mark = stream.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  if (!whole.failed && whole.raw != stream.substr(mark)) std::abort();
  return 0;
}
