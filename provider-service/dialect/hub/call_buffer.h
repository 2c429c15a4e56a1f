#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wayleave::provider {

// One piece of a call in a Chat stream. Empty: not given.
struct CallPiece {
  std::optional<std::int64_t> index;
  std::string_view id;
  std::string_view name;
  std::string_view arguments;
  // The arguments came as an object: they are all there is.
  bool whole = false;
};

struct BufferedCall {
  std::optional<std::int64_t> index;
  std::string id;
  std::string name;
  std::string arguments;
  // Begun by the name alone, after a whole call of the same name: perhaps only an echo of that.
  bool echo = false;

  bool IsReal() const { return !name.empty() && !(echo && arguments.empty()); }
};

// Puts calls together from pieces. Servers disagree on how pieces say which call they belong to: by index as OpenAI
// does, with the same index for all, without index, with the same id for all, all at once.
class CallBuffer {
 public:
  void Add(const CallPiece& piece);
  const std::vector<BufferedCall>& calls() const { return calls_; }
  bool empty() const { return calls_.empty(); }
  void Clear() { calls_.clear(); }

 private:
  BufferedCall* Find(const CallPiece& piece);

  std::vector<BufferedCall> calls_;
};

}  // namespace wayleave::provider
