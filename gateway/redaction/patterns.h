#pragma once

#include <string_view>

#include "gateway/redaction/anchors.h"
#include "gateway/redaction/match.h"
#include "gateway/redaction/policy.h"

namespace wayleave::gateway {

// Looks through texts for what a policy keeps back. Time is linear in the text, whatever it holds, but for custom
// patterns that fit long stretches over and over. No I/O, no state: thread-safe as long as the policy lives.
//
// A text may itself hold JSON or source code: a match never begins or ends within an escape sequence of that.
//
// All matches, in their order; those that overlap are joined. Replaces what `into` held.
void FindMatches(std::string_view text, const CompiledPolicy& policy, Matches& into);

// Says of stretches of one text, in their order, whether FindMatches() could find anything in them: much faster, and
// never a wrong no. The text may be JSON with its escapes.
class Prefilter {
 public:
  // Both must outlive it.
  Prefilter(std::string_view text, const CompiledPolicy& policy);

  // Each `begin` must be at or behind the last one.
  bool MayMatch(std::size_t begin, std::size_t end);

 private:
  std::string_view text_;
  const AnchorFinder anchors_;
  const bool numbers_;
  const bool always_;
  std::size_t next_anchor_ = 0;
  std::size_t next_digits_ = 0;
  bool looked_ = false;
};

}  // namespace wayleave::gateway
