// Compressed bodies of any bytes, in any pieces: never more than the limit comes out.
#include <fuzzer/FuzzedDataProvider.h>

#include <cstdlib>
#include <string>

#include "base/http/content_coding.h"

using namespace wayleave::http;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kLimit = 1 << 20;
  FuzzedDataProvider input(data, size);
  const Coding coding = input.PickValueInArray({Coding::kZstd, Coding::kGzip, Coding::kDeflate});
  const std::size_t piece = input.ConsumeIntegralInRange<std::size_t>(1, 4096);
  const std::string compressed = input.ConsumeRemainingBytesAsString();

  const auto decoder = MakeContentDecoder(coding);
  std::string body;
  auto fault = ContentDecoder::Fault::kNone;
  for (std::size_t at = 0; at < compressed.size() && fault == ContentDecoder::Fault::kNone; at += piece) {
    std::string bytes = compressed.substr(at, piece);
    std::string_view rest = bytes;
    while (decoder->Wants(rest) && fault == ContentDecoder::Fault::kNone) fault = decoder->Step(rest, body, kLimit);
    if (body.size() > kLimit) std::abort();
  }
  if (fault == ContentDecoder::Fault::kNone) decoder->Finish();
  return 0;
}
