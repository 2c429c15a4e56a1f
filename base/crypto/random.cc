#include "base/crypto/random.h"

#include <openssl/rand.h>
#include <pthread.h>

#include <array>
#include <atomic>
#include <cstring>
#include <stdexcept>

namespace wayleave::crypto {
namespace {

// A forked child holds a copy of its parent's stock of random bits and must not use it.
std::atomic<unsigned>& Generation() {
  static std::atomic<unsigned> generation{0};
  static const int registered =
      pthread_atfork(nullptr, nullptr, [] { Generation().fetch_add(1, std::memory_order_relaxed); });
  (void)registered;
  return generation;
}

struct Stock {
  static constexpr std::size_t kWords = 256;
  std::array<std::uint64_t, kWords> words;
  std::size_t used = kWords;
  unsigned generation = 0;
};

}  // namespace

std::string RandomBytes(std::size_t count) {
  std::string bytes(count, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1) {
    throw std::runtime_error("no random bytes to be had");
  }
  return bytes;
}

std::uint64_t RandomWord() {
  thread_local Stock stock;
  const unsigned generation = Generation().load(std::memory_order_relaxed);
  if (stock.used == Stock::kWords || stock.generation != generation) {
    const std::string fresh = RandomBytes(sizeof(stock.words));
    std::memcpy(stock.words.data(), fresh.data(), fresh.size());
    stock.used = 0;
    stock.generation = generation;
  }
  return stock.words[stock.used++];
}

}  // namespace wayleave::crypto
