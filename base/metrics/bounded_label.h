#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>

namespace wayleave::metrics {

// The value of a label for whatever is not named by its own.
inline constexpr std::string_view kOtherLabel = "_other";

// Names that others choose, as values of a label: the first so many are shown, all that come later are `_other`, so
// that nobody can make series without end. Any thread.
class BoundedLabel {
 public:
  explicit BoundedLabel(std::size_t most) : most_(most) {}

  // The name itself, or `_other`. What it refers to lives as long as this object.
  std::string_view Of(std::string_view name);

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };

  const std::size_t most_;
  std::mutex mutex_;
  std::unordered_set<std::string, Hash, std::equal_to<>> shown_;
};

}  // namespace wayleave::metrics
