// What a client may send as a body: read, or refused in words; and the place of the model's name lies within it.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "gateway/envelope.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string body(reinterpret_cast<const char*>(data), size);
  body.reserve(size + 64);
  const auto envelope = wayleave::gateway::ReadEnvelope(body);
  if (!envelope) {
    if (envelope.error().message.empty()) std::abort();
    return 0;
  }
  if (envelope->model_offset > size || envelope->model_length > size - envelope->model_offset) std::abort();
  if (envelope->model_length > 0 && body[envelope->model_offset] != '"') std::abort();
  return 0;
}
