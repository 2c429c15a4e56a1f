// An upstream that answers anything at all: whatever it is, the client gets one whole answer in its own dialect.
#include <fuzzer/FuzzedDataProvider.h>

#include "tests/fuzz/dialects.h"

using namespace wayleave::provider;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  const bool stream = input.ConsumeBool();
  const bool broken = input.ConsumeBool();
  const auto& clients = fuzz::kClientDialects;
  const Dialect client = clients[input.ConsumeIntegralInRange<std::size_t>(0, clients.size() - 1)];
  const std::size_t piece = input.ConsumeIntegralInRange<std::size_t>(1, 4096);
  const std::string upstream = input.ConsumeRemainingBytesAsString();

  auto translation = Translate(fuzz::RequestIn(client), fuzz::OptionsFor(client, Dialect::UPSTREAM, stream));
  WAYLEAVE_EXPECT(translation.ok());
  fuzz::Drive(*translation->reply, client, stream, upstream, piece, broken);
  return 0;
}
