#include "base/log/buffered_sink.h"

#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

namespace wayleave::log {
namespace {
constexpr std::chrono::milliseconds kInterval{20};
// So much is written without waiting for more. Two such buffers fit a core's cache; a whole interval's lines would push
// out of it what requests need.
constexpr std::size_t kEnough = std::size_t{64} << 10;
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

// The thread is woken when the mutex is free again, for it needs it first of all.
void BufferedSink::Append(std::string_view line) {
  std::unique_lock lock(mutex_);
  const bool wake = Put(line);
  lock.unlock();
  if (wake) wake_.notify_one();
}

void BufferedSink::sink_it_(const spdlog::details::log_msg& message) {
  if (Put({message.payload.data(), message.payload.size()})) wake_.notify_one();
}

bool BufferedSink::Put(std::string_view line) {
  const std::size_t before = buffer_.size();
  if (before + line.size() + 1 > most_bytes_) {
    dropped_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  buffer_.append(line);
  buffer_.push_back('\n');
  return asleep_ || (before < kEnough && buffer_.size() >= kEnough);
}

void BufferedSink::flush_() {
  urgent_ = true;
  wake_.notify_one();
}

void BufferedSink::Run() {
  pthread_setname_np(pthread_self(), "log-writer");
  std::unique_lock lock(mutex_);
  for (;;) {
    Gather(lock);
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

// Under load it looks by itself, and sleeps until it is woken only when an interval has brought nothing.
void BufferedSink::Gather(std::unique_lock<std::mutex>& lock) {
  const auto hurried = [this] { return stopping_ || urgent_ || buffer_.size() >= kEnough; };
  wake_.wait_for(lock, kInterval, hurried);
  if (stopping_ || !buffer_.empty()) return;
  asleep_ = true;
  wake_.wait(lock, [this] { return stopping_ || !buffer_.empty(); });
  asleep_ = false;
  wake_.wait_for(lock, kInterval, hurried);
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
