#include <fmt/format.h>

#include "deploy/admin_options.h"
#include "deploy/audit_check.h"
#include "deploy/text_table.h"

namespace wayleave::deploy {
namespace {

std::string TimeText(auth::Time time) { return SecondText(auth::TimestampOf(auth::ToNanos(time))); }

std::string Vouched(const AuditFindings& findings) {
  if (!findings.last_checkpoint) return "No checkpoint of a trusted key vouches for any of them.\n";
  const auto& last = *findings.last_checkpoint;
  const std::string at = SecondText(auth::TimestampOf(last.at_nanos));
  const auto& chains = findings.chain.chains;
  const std::int64_t vouched = chains.empty() ? 0 : chains.front().vouched_for;
  return fmt::format(
      "Checkpoints known: {}. The last one of a trusted key was signed for record {} at {}; records up to {} "
      "are vouched for.\n",
      findings.checkpoints, last.sequence, at, vouched);
}

}  // namespace

std::string InWords(const AuditFindings& findings) {
  std::string words;
  for (const auth::audit::Problem& problem : findings.chain.problems) words += auth::audit::InWords(problem) + '\n';
  for (const std::string& problem : findings.others) words += Shown(problem) + '\n';
  const std::int64_t told =
      static_cast<std::int64_t>(findings.chain.problems.size()) + static_cast<std::int64_t>(findings.others.size());
  if (told < findings.problems()) words += fmt::format("… and {} more.\n", findings.problems() - told);
  if (!words.empty()) words += '\n';
  words += fmt::format("Records: {}", findings.chain.records);
  if (findings.first_at)
    words += fmt::format(", from {} to {}", TimeText(*findings.first_at), TimeText(*findings.last_at));
  words += ".\n" + Vouched(findings);
  if (findings.requests > 0) words += fmt::format("Requests compared with the usage table: {}.\n", findings.requests);
  if (findings.contents > 0) words += fmt::format("Sealed contents compared with the chain: {}.\n", findings.contents);
  for (const std::string& note : findings.notes) words += "Note: " + Shown(note) + ".\n";
  return words + (findings.problems() == 0 ? "No problem was found.\n"
                                           : fmt::format("Problems found: {}.\n", findings.problems()));
}

}  // namespace wayleave::deploy
