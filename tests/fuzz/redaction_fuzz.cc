// Any body and any stream, in any pieces: JSON stays JSON, what was taken out is gone and comes back, and a stream is
// the same however it is cut.
#include <fuzzer/FuzzedDataProvider.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "gateway/redaction/request.h"
#include "gateway/redaction/restore.h"

using namespace wayleave::gateway;

namespace {

void Expect(bool holds) {
  if (!holds) std::abort();
}

const CompiledPolicy& Policy() {
  static const CompiledPolicy policy([] {
    RedactionPolicy all;
    all.email = all.card = all.phone = all.secrets = true;
    all.custom = {{"word", "ab+c"}};
    return all;
  }());
  return policy;
}

std::string Restored(const Placeholders& placeholders, const std::string& stream, std::size_t piece) {
  Restorer restorer(placeholders);
  std::string out;
  for (std::size_t at = 0; at < stream.size(); at += piece) out += restorer.Feed(stream.substr(at, piece));
  return out + restorer.End();
}

// Without arguments, whose JSON may be written otherwise.
bool HasArguments(const std::string& body) { return body.find("argu") != body.npos || body.find('\\') != body.npos; }

void Request(const std::string& body) {
  const Redacted redacted = Redact(body, {}, Policy());
  const std::string restored = Restorer(redacted.placeholders).Document(redacted.body);
  const bool is_json = nlohmann::json::accept(body);
  Expect(!is_json || nlohmann::json::accept(redacted.body));
  Expect(!is_json || HasArguments(body) || nlohmann::json::parse(restored) == nlohmann::json::parse(body));
  Expect(redacted.placeholders.empty() ? redacted.body == body : redacted.body != body);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  const std::size_t piece = input.ConsumeIntegralInRange<std::size_t>(1, 64);
  const std::string bytes = input.ConsumeRemainingBytesAsString();
  Request(bytes);

  static const Redacted known = Redact(R"({"input":"alice@example.com abbc"})", {}, Policy());
  Expect(Restored(known.placeholders, bytes, piece) == Restored(known.placeholders, bytes, bytes.size() + 1));
  return 0;
}
