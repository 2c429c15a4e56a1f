// A client that sends anything at all: it is refused in words or becomes a JSON object for every upstream.
#include <fuzzer/FuzzedDataProvider.h>

#include <nlohmann/json.hpp>

#include "tests/fuzz/dialects.h"

using namespace wayleave::provider;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  for (const Dialect upstream : fuzz::kUpstreamDialects) {
    auto translation = Translate(body, fuzz::OptionsFor(Dialect::DOOR, upstream, true));
    if (!translation) {
      WAYLEAVE_EXPECT(!translation.error().message.empty());
      continue;
    }
    WAYLEAVE_EXPECT(nlohmann::json::parse(translation->body, nullptr, false).is_object());
    WAYLEAVE_EXPECT(translation->reply != nullptr);
  }
  return 0;
}
