#include "base/config/scalar.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string_view>
#include <utility>

namespace wayleave::config {
namespace {

constexpr std::size_t kMaxFileBytes = std::size_t{1} << 20;
constexpr std::int64_t kNano = 1'000'000'000;
constexpr std::size_t kLeastDecimals = 2;

Error Problem(std::string message) { return Error{Code::kInvalidArgument, std::move(message)}; }

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// The whole of `text` as a number without sign; false if it is none or too large.
bool ReadDigits(std::string_view text, std::int64_t& into) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), IsDigit)) return false;
  return std::from_chars(text.data(), text.data() + text.size(), into).ec == std::errc{};
}

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

constexpr Unit kByteUnits[] = {{"", 1},
                               {"B", 1},
                               {"KiB", std::int64_t{1} << 10},
                               {"MiB", std::int64_t{1} << 20},
                               {"GiB", std::int64_t{1} << 30},
                               {"kB", 1'000},
                               {"KB", 1'000},
                               {"MB", 1'000'000},
                               {"GB", 1'000'000'000}};
constexpr Unit kTimeUnits[] = {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};

// "<digits><optional spaces><unit>" as digits times factor.
template <std::size_t N>
bool ReadWithUnit(std::string_view text, const Unit (&units)[N], std::int64_t& into) {
  const std::size_t digits = std::find_if_not(text.begin(), text.end(), IsDigit) - text.begin();
  std::string_view unit = text.substr(digits);
  while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
  std::int64_t number = 0;
  if (!ReadDigits(text.substr(0, digits), number)) return false;
  for (const Unit& known : units) {
    if (known.name == unit) return !__builtin_mul_overflow(number, known.factor, &into);
  }
  return false;
}

// The value of one "NAME" or "NAME:-default" between the braces.
Result<std::string> LookUp(const std::string& inside) {
  const std::size_t split = inside.find(":-");
  const std::string name = inside.substr(0, split);
  const auto is_word = [](unsigned char c) { return std::isalnum(c) || c == '_'; };
  if (name.empty() || !std::all_of(name.begin(), name.end(), is_word)) {
    return Problem("${…} must hold the name of an environment variable; write $${ for a plain ${");
  }
  const char* value = std::getenv(name.c_str());
  if (split != std::string::npos) return value && *value ? std::string(value) : inside.substr(split + 2);
  if (!value) return Problem("the environment variable " + name + " is not set");
  return std::string(value);
}

}  // namespace

Result<bool> ParseBool(const std::string& text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return Problem("must be true or false");
}

Result<std::int64_t> ParseInt(const std::string& text) {
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, ec] = std::from_chars(text.data(), end, value);
  if (ec == std::errc::result_out_of_range) return Problem("is too large a number");
  if (ec != std::errc{} || stop != end) return Problem("must be a whole number");
  return value;
}

Result<double> ParseNumber(const std::string& text) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, ec] = std::from_chars(text.data(), end, value);
  if (ec != std::errc{} || stop != end || !std::isfinite(value)) return Problem("must be a number");
  return value;
}

Result<std::size_t> ParseBytes(const std::string& text) {
  std::int64_t bytes = 0;
  if (!ReadWithUnit(text, kByteUnits, bytes)) {
    return Problem("must be a size like 1048576, 64KiB, 64MiB or 1GB");
  }
  return static_cast<std::size_t>(bytes);
}

Result<std::chrono::milliseconds> ParseDuration(const std::string& text) {
  std::int64_t milliseconds = 0;
  if (text != "0" && !ReadWithUnit(text, kTimeUnits, milliseconds)) {
    return Problem("must be a time with a unit, like 250ms, 15s, 5m or 1h");
  }
  return std::chrono::milliseconds(milliseconds);
}

Result<std::int64_t> ParseUsd(const std::string& text) {
  const std::size_t point = text.find('.');
  std::string whole = text.substr(0, point);
  std::string fraction = point == std::string::npos ? "" : text.substr(point + 1);
  if (point != std::string::npos && fraction.empty()) whole.clear();  // "1." is no number
  while (fraction.size() > 9 && fraction.back() == '0') fraction.pop_back();
  if (fraction.size() > 9) return Problem("must not have more than nine decimals");
  fraction.resize(9, '0');
  std::int64_t dollars = 0, nanos = 0, sum = 0;
  if (!ReadDigits(whole, dollars) || !ReadDigits(fraction, nanos)) {
    return Problem("must be an amount in US dollars, like 10 or 0.125");
  }
  if (__builtin_mul_overflow(dollars, kNano, &sum) || __builtin_add_overflow(sum, nanos, &sum)) {
    return Problem("is too large an amount");
  }
  return sum;
}

std::string UsdText(std::int64_t nano_usd) {
  const auto bits = static_cast<std::uint64_t>(nano_usd);
  const std::uint64_t amount = nano_usd < 0 ? 0 - bits : bits;  // the least of all has no positive counterpart
  std::string decimals = std::to_string(kNano + static_cast<std::int64_t>(amount % kNano)).substr(1);
  while (decimals.size() > kLeastDecimals && decimals.back() == '0') decimals.pop_back();
  return (nano_usd < 0 ? "-" : "") + std::to_string(amount / kNano) + "." + decimals;
}

Result<std::string> ExpandEnvironment(const std::string& text) {
  std::string out;
  std::size_t at = 0;
  while (true) {
    const std::size_t open = text.find("${", at);
    if (open == std::string::npos) return out.append(text, at);
    if (open > at && text[open - 1] == '$') {
      out.append(text, at, open - at).append("{");
      at = open + 2;
      continue;
    }
    const std::size_t close = text.find('}', open);
    if (close == std::string::npos) return Problem("has a ${ without its }; write $${ for a plain ${");
    Result<std::string> value = LookUp(text.substr(open + 2, close - open - 2));
    if (!value) return value;
    out.append(text, at, open - at).append(*value);
    at = close + 1;
  }
}

Result<std::string> ReadTrimmed(const std::string& path) {
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  std::string contents(kMaxFileBytes + 1, '\0');
  if (in) in.read(contents.data(), static_cast<std::streamsize>(contents.size()));
  if (!in.is_open() || in.bad() || errno == EISDIR) {
    return Problem("can't read the file " + path + ": " + std::strerror(errno ? errno : EIO));
  }
  contents.resize(static_cast<std::size_t>(in.gcount()));
  if (contents.size() > kMaxFileBytes) return Problem("the file " + path + " is larger than 1 MiB");
  constexpr const char* kSpace = " \t\r\n";
  const std::size_t first = contents.find_first_not_of(kSpace);
  if (first == std::string::npos) return std::string();
  return contents.substr(first, contents.find_last_not_of(kSpace) - first + 1);
}

}  // namespace wayleave::config
