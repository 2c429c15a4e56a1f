// Frames of any bytes: what is taken for a whole head lies within the input, and what is sent can be read again.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/http/websocket_frame.h"

using namespace wayleave::http;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  FrameHead head;
  if (ReadFrameHead(input, head) == FrameCheck::kWhole) {
    if (head.size > size) std::abort();
    if (head.control() && (head.length > kMostControlBytes || !head.final)) std::abort();
    std::string payload(input.substr(head.size, head.length));
    const std::string before = payload;
    Mask(payload, head.mask, 3);
    Mask(payload, head.mask, 3);
    if (payload != before) std::abort();
  }
  std::string sent;
  AppendTextMessage(sent, input, 100);
  if (sent.size() < size) std::abort();
  return 0;
}
