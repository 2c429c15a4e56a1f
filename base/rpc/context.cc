#include "base/rpc/context.h"

#include <algorithm>

namespace wayleave::rpc {

CallContext CallContext::Within(std::chrono::milliseconds time) const {
  CallContext copy = *this;
  copy.deadline = std::min(deadline, std::chrono::system_clock::now() + time);
  return copy;
}

}  // namespace wayleave::rpc
