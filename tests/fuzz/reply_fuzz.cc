// An upstream that answers anything at all: whatever it is, the client gets one whole answer in its own dialect.
#include <fuzzer/FuzzedDataProvider.h>

#include "tests/fuzz/dialects.h"

using namespace wayleave::provider;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  const bool stream = input.ConsumeBool();
  const bool broken = input.ConsumeBool();
  const Dialect client = input.PickValueInArray({Dialect::kResponses, Dialect::kChat, Dialect::kMessages});
  const std::size_t piece = input.ConsumeIntegralInRange<std::size_t>(1, 4096);
  const std::string upstream = input.ConsumeRemainingBytesAsString();
  const auto& known = fuzz::kClientDialects;
  if (std::find(known.begin(), known.end(), client) == known.end()) return 0;

  auto translation = Translate(fuzz::RequestIn(client), fuzz::OptionsFor(client, Dialect::UPSTREAM, stream));
  WAYLEAVE_EXPECT(translation.ok());
  fuzz::Drive(*translation->reply, client, stream, upstream, piece, broken);
  return 0;
}
