#include "deploy/money.h"

#include "base/config/scalar.h"

namespace wayleave::deploy {
Result<std::int64_t> ReadUsd(const std::string& text, const char* argument) {
  Result<std::int64_t> amount = config::ParseUsd(text);
  if (amount) return amount;
  return Error{Code::kInvalidArgument, std::string(argument) + " " + amount.error().message};
}

}  // namespace wayleave::deploy
