#pragma once

#include <string>
#include <utility>

namespace wayleave::config {

// A string that does not get into logs by accident: it has no way to be printed but Reveal().
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}

  bool empty() const { return value_.empty(); }
  const std::string& Reveal() const { return value_; }
  bool operator==(const Secret&) const = default;

 private:
  std::string value_;
};

}  // namespace wayleave::config
