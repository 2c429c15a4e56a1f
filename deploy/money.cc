#include "deploy/money.h"

#include <fmt/format.h>

#include "base/config/scalar.h"

namespace wayleave::deploy {
namespace {

constexpr std::uint64_t kNano = 1'000'000'000;
constexpr std::size_t kLeastDecimals = 2;

}  // namespace

Result<std::int64_t> ReadUsd(const std::string& text, const char* argument) {
  Result<std::int64_t> amount = config::ParseUsd(text);
  if (amount) return amount;
  return Error{Code::kInvalidArgument, std::string(argument) + " " + amount.error().message};
}

std::string UsdText(std::int64_t nano_usd) {
  const auto bits = static_cast<std::uint64_t>(nano_usd);
  const std::uint64_t amount = nano_usd < 0 ? 0 - bits : bits;  // the least of all has no positive counterpart
  std::string decimals = fmt::format("{:09}", amount % kNano);
  while (decimals.size() > kLeastDecimals && decimals.back() == '0') decimals.pop_back();
  return fmt::format("{}{}.{}", nano_usd < 0 ? "-" : "", amount / kNano, decimals);
}

}  // namespace wayleave::deploy
