#include "base/log/buffered_sink.h"

#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

namespace wayleave::log {
namespace {
constexpr std::chrono::milliseconds kInterval{20};
constexpr std::size_t kMostKept = std::size_t{1} << 20;
}  // namespace

BufferedSink::BufferedSink(int fd, std::size_t most_bytes)
    : fd_(fd), most_bytes_(most_bytes), thread_([this] { Run(); }) {}

BufferedSink::~BufferedSink() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void BufferedSink::Append(std::string_view line) {
  std::lock_guard lock(mutex_);
  Put(line);
}

void BufferedSink::sink_it_(const spdlog::details::log_msg& message) {
  Put({message.payload.data(), message.payload.size()});
}

void BufferedSink::Put(std::string_view line) {
  const bool first = buffer_.empty();
  if (buffer_.size() + line.size() + 1 > most_bytes_) {
    dropped_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  buffer_.append(line);
  buffer_.push_back('\n');
  // The thread sleeps for good while there is nothing; from the first line on it looks by itself.
  if (first) wake_.notify_one();
}

void BufferedSink::flush_() {
  urgent_ = true;
  wake_.notify_one();
}

void BufferedSink::Run() {
  pthread_setname_np(pthread_self(), "log-writer");
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || !buffer_.empty(); });
    wake_.wait_for(lock, kInterval, [this] { return stopping_ || urgent_; });
    writing_.swap(buffer_);
    urgent_ = false;
    if (writing_.empty() && stopping_) return;
    lock.unlock();
    WriteAll(writing_);
    if (writing_.capacity() > kMostKept) writing_ = {};
    writing_.clear();
    lock.lock();
  }
}

void BufferedSink::WriteAll(const std::string& bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = ::write(fd_, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return void(dropped_.fetch_add(1, std::memory_order_relaxed));
    done += static_cast<std::size_t>(n);
  }
}

}  // namespace wayleave::log
