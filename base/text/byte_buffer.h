#pragma once

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

namespace wayleave::text {

// Bytes that grow at their end, for what is written in dozens of short pieces: a string's own append looks each time
// whether there is room, and fills what it makes. Keeps its memory when it is cleared. Belongs to one thread.
//
//     char* at = buffer.Room(20);
//     buffer.Wrote(std::to_chars(at, at + 20, number).ptr);
class ByteBuffer {
 public:
  ByteBuffer() = default;
  // Leaves the other empty.
  ByteBuffer(ByteBuffer&& other) noexcept { *this = std::move(other); }
  ByteBuffer& operator=(ByteBuffer&& other) noexcept {
    bytes_ = std::move(other.bytes_);
    size_ = std::exchange(other.size_, 0);
    used_ = std::exchange(other.used_, 0);
    return *this;
  }

  // Where the next bytes go: at least so many may be written there, until anything else is asked of the buffer.
  char* Room(std::size_t bytes) {
    if (size_ - used_ < bytes) Grow(bytes);
    return bytes_.get() + used_;
  }
  // They end here.
  void Wrote(const char* end) { used_ = static_cast<std::size_t>(end - bytes_.get()); }

  void Append(std::string_view bytes) { Wrote(std::copy(bytes.begin(), bytes.end(), Room(bytes.size()))); }
  void Append(char byte) {
    *Room(1) = byte;
    ++used_;
  }

  // Until anything is written.
  std::string_view view() const { return {bytes_.get(), used_}; }
  // There must be one.
  char& front() { return bytes_[0]; }
  std::size_t capacity() const { return size_; }
  void Clear() { used_ = 0; }

 private:
  void Grow(std::size_t bytes);

  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
  std::size_t used_ = 0;
};

}  // namespace wayleave::text
