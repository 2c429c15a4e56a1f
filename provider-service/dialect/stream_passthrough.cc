#include "provider-service/dialect/stream_passthrough.h"

#include "provider-service/dialect/last_block.h"

namespace wayleave::provider {

void StreamPassThrough::Feed(std::string_view bytes, Output& out) {
  if (over_) return;
  sse_.Feed(bytes);
  while (!over_) {
    const auto block = sse_.Next();
    if (!block) break;
    Block(*block, out);
  }
  if (!over_ && sse_.failed()) Failed("upstream_bad_response", "An event of the provider's answer is too long.", out);
}

void StreamPassThrough::End(Output& out) {
  if (over_) return;
  TakeLastBlock(sse_, [&](const http::SseBlock& block) { Block(block, out); });
  Break("server_error", "The provider ended its answer too early.", out);
}

}  // namespace wayleave::provider
