#pragma once

#include <CLI/App.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "wayleave/auth/v1/auth.pb.h"

namespace wayleave::deploy {

// What a tenant, a user or a key may do and use, as the command line says it. What was not named stays as it is.
class TermsOptions {
 public:
  // The options write into this object, which must live as long as `verb`. With `clear` there is --clear, too. With a
  // prefix for their names, "user-", they stand beside others of the same verb.
  void AddTo(CLI::App& verb, bool clear, const std::string& prefix = "");

  bool empty() const;
  // Takes out what --clear named, then sets what was named. kInvalidArgument names the option that is wrong; then
  // `terms` is half changed. Whether the terms make sense is said by whoever takes them.
  Status ApplyTo(auth::v1::Terms& terms) const;

 private:
  CLI::Option* Add(CLI::App& verb, const char* name, auto& into, const std::string& text) const;
  void AddLists(CLI::App& verb);
  Status ApplyMoney(auth::v1::Terms& terms) const;

  std::string prefix_ = "--";
  std::string daily_, monthly_, soft_daily_, soft_monthly_;
  std::optional<std::int64_t> rpm_, tpm_, concurrent_, max_output_tokens_;
  std::vector<std::string> models_, providers_, regions_, endpoints_, addresses_, hours_, days_;
  std::string timezone_;
  std::vector<std::string> clear_;
};

// A line for each thing that the terms say, with its name in front; nothing where they say nothing.
std::string InLines(const auth::v1::Terms& terms);
// The same in a few words, for a table: "10.00/day, 60 rpm, gpt-*"; "-" where they say nothing.
std::string InShort(const auth::v1::Terms& terms);

}  // namespace wayleave::deploy
