// Any bytes, in any pieces: the same lines.
#include <fuzzer/FuzzedDataProvider.h>

#include <cstdlib>
#include <string>

#include "base/http/ndjson.h"

namespace {

std::string Lines(const std::string& stream, std::size_t piece) {
  wayleave::http::NdjsonLines lines(1 << 14);
  std::string told;
  for (std::size_t at = 0; at < stream.size(); at += piece) {
    const std::string bytes = stream.substr(at, piece);
    lines.Feed(bytes);
    while (const auto line = lines.Next()) told.append(*line).append("\n");
  }
  if (const auto rest = lines.Rest()) told.append(*rest).append("\n");
  return lines.failed() ? "too long" : told;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  const std::size_t piece = input.ConsumeIntegralInRange<std::size_t>(1, 64);
  const std::string stream = input.ConsumeRemainingBytesAsString();
  if (Lines(stream, piece) != Lines(stream, 1)) std::abort();
  return 0;
}
