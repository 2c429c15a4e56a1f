#include "base/text/byte_buffer.h"

#include <algorithm>

namespace wayleave::text {
namespace {
constexpr std::size_t kFirst = 512;
}

void ByteBuffer::Grow(std::size_t bytes) {
  const std::size_t size = std::max({kFirst, 2 * size_, used_ + bytes});
  auto larger = std::make_unique_for_overwrite<char[]>(size);
  std::copy_n(bytes_.get(), used_, larger.get());
  bytes_ = std::move(larger);
  size_ = size;
}

}  // namespace wayleave::text
