// The same dialect on both sides: a client that sends anything, and an upstream that answers anything.
#include <fuzzer/FuzzedDataProvider.h>
#include <nlohmann/json.hpp>

#include "provider-service/dialect/passthrough.h"
#include "provider-service/dialect/responses/foreign.h"
#include "tests/fuzz/dialects.h"

using namespace wayleave::provider;

namespace {

// What is cleaned lies within the body, and JSON stays JSON; a second cleaning finds nothing.
void CleanRequest(const std::string& body) {
  const auto clean = WithoutForeignItems(body);
  if (!clean) return;
  const Edit& edit = clean->edit;
  WAYLEAVE_EXPECT(edit.offset + edit.length <= body.size());
  std::string cleaned = body;
  cleaned.replace(edit.offset, edit.length, edit.text);
  if (!nlohmann::json::accept(body)) return;
  WAYLEAVE_EXPECT(nlohmann::json::accept(cleaned));
  WAYLEAVE_EXPECT(!WithoutForeignItems(cleaned));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  PassThroughOptions options;
  options.stream = input.ConsumeBool();
  options.strip_usage_chunk = input.ConsumeBool();
  options.client_model = "model";
  options.max_event_bytes = 1 << 20;
  const bool broken = input.ConsumeBool();
  const auto make = input.PickValueInArray({MakeResponsesPassThrough, MakeChatPassThrough, MakeMessagesPassThrough});
  const std::size_t piece = input.ConsumeIntegralInRange<std::size_t>(1, 4096);
  const std::string upstream = input.ConsumeRemainingBytesAsString();
  CleanRequest(upstream);

  const auto reply = make(options);
  Output out;
  reply->Begin(out);
  for (std::size_t at = 0; at < upstream.size(); at += piece) {
    const std::string bytes(upstream.substr(at, piece));
    reply->Feed(bytes, out);
  }
  broken ? reply->Break("server_error", "broke off", out) : reply->End(out);
  const std::size_t told = out.bytes.size();
  WAYLEAVE_EXPECT(out.finish != Finish::kNone || out.failure);
  reply->End(out);
  WAYLEAVE_EXPECT(out.bytes.size() == told);
  // Bytes pass: what comes out beside them is the end that the gateway adds, and at most each item once more, in an
  // event of its own.
  WAYLEAVE_EXPECT(told <= upstream.size() * 24 + 4096);
  return 0;
}
