#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "base/async/task.h"
#include "base/result.h"

namespace wayleave::net {

// A connected byte stream. Belongs to one worker; one reader and one writer at a time. It must outlive
// the operations that run on it: Close() it, let them end, then destroy it.
// After a failed operation only Close() makes sense.
class Stream {
 public:
  enum class Ready { kData, kEnd, kNothing, kFailed };

  virtual ~Stream() = default;

  // Takes what is there now, without waiting. `size` becomes the number of bytes taken.
  virtual Ready TryRead(char* into, std::size_t& size) = 0;

  // Waits for bytes and takes at most `size`; 0 at the end of the stream. `into` is written in the
  // last moment, after all waiting, so several readers of one worker may share a buffer.
  // kAborted after Interrupt(), kCancelled after Close(), kUnavailable if the connection broke.
  virtual Task<Result<std::size_t>> Read(char* into, std::size_t size) = 0;

  // Writes all of the buffers, as few segments as possible. They must live until it ends.
  virtual Task<Status> Write(std::span<const std::string_view> buffers) = 0;

  // A Read() that waits ends with kAborted; the stream stays good. Nothing if none waits.
  virtual void Interrupt() = 0;

  // Closes now; pending operations end with kCancelled, from the worker's queue. Idempotent.
  virtual void Close() = 0;
};

}  // namespace wayleave::net
