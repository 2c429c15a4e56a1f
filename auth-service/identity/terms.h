#pragma once

#include <memory>
#include <optional>
#include <string>

#include "auth-service/time.h"
#include "base/result.h"
#include "base/time/hours.h"
#include "base/time/zone.h"
#include "wayleave/auth/v1/auth.pb.h"

namespace wayleave::auth {

// A name that rules, configurations and reports can hold as it is: 1 to 64 letters, digits, and - _ .
bool IsName(const std::string& text);

// Whether they make sense: names, networks, hours and numbers that there can be. kInvalidArgument, with the field, if not.
Status CheckTerms(const v1::Terms& terms);

bool HasLimits(const v1::Terms& terms);
bool HasHardBudget(const v1::Terms& terms);
bool HasBudget(const v1::Terms& terms);

// 0 is no limit.
inline std::int64_t SmallerLimit(std::int64_t a, std::int64_t b) { return a == 0 || (b != 0 && b < a) ? b : a; }

// Limits, budgets and max_output_tokens of both, the smaller ones where both have one; nothing else.
v1::Terms Tightest(const v1::Terms& a, const v1::Terms& b);

// What of terms a caller of Authenticate must look at.
v1::Policy PolicyOf(const v1::Terms& terms);

// The hours of terms that have some. Immutable; any thread.
class OpeningHours {
 public:
  // `zone` where the terms name none. Checked terms.
  OpeningHours(const v1::Terms& terms, std::shared_ptr<const Zone> zone);

  bool OpenAt(Time time) const { return hours_.Holds(zone_->At(time)); }
  // When OpenAt() may answer otherwise, at the earliest.
  Time NextChange(Time time) const;
  // Like "08:00-18:00 on mon, tue in Europe/Berlin".
  std::string Words() const { return hours_.Words() + " in " + zone_->name(); }

 private:
  std::shared_ptr<const Zone> zone_;
  WeeklyHours hours_;
};

}  // namespace wayleave::auth
