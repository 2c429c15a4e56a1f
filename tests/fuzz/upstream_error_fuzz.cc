// An upstream's error body of any shape becomes a status and a JSON error that clients can read.
#include <fuzzer/FuzzedDataProvider.h>

#include <nlohmann/json.hpp>

#include "provider-service/dialect/errors.h"
#include "tests/fuzz/dialects.h"

using namespace wayleave::provider;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  const int status = input.ConsumeIntegralInRange(100, 999);
  const bool same = input.ConsumeBool();
  const std::string body = input.ConsumeRemainingBytesAsString();
  const Failure failure = MapUpstreamError(status, body, std::nullopt, same);
  WAYLEAVE_EXPECT(failure.status >= 400 && failure.status <= 599);
  const auto error = nlohmann::json::parse(ErrorBody(failure), nullptr, false);
  WAYLEAVE_EXPECT(error.is_object() && error.contains("error"));
  return 0;
}
