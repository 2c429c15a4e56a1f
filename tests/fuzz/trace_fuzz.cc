// What callers and collectors send about traces, of any bytes: what is taken can be told again and comes out the same.
#include <cstdlib>
#include <string>

#include "base/text/utf8.h"
#include "base/trace/context.h"
#include "base/trace/header_list.h"
#include "base/trace/otlp.h"

using namespace wayleave::text;
using namespace wayleave::trace;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);

  const Context context = Parse(text);
  if (context.valid() && TraceIdText(Parse(Traceparent(context))) != TraceIdText(context)) std::abort();
  const std::string state = CleanTracestate(text);
  if (CleanTracestate(state) != state) std::abort();
  if (!IsUtf8(MendUtf8(text))) std::abort();
  if (IsUtf8(text) && (MendUtf8(text) != text || !IsUtf8(CutUtf8(text, size / 2)))) std::abort();
  if (const auto headers = ParseHeaderList(text)) {
    for (const auto& [name, value] : *headers) {
      if (!IsHeaderName(name) || !IsHeaderValue(value.Reveal())) std::abort();
    }
  }
  RejectedIn(text);
  return 0;
}
