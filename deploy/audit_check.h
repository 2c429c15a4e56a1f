#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "auth-service/audit/checkpoint.h"
#include "auth-service/audit/verify.h"
#include "auth-service/store/store.h"
#include "base/result.h"

namespace wayleave::deploy {

// What an audit chain is verified with.
struct AuditSources {
  // Files of checkpoints. The first is the state directory's own, which may be missing.
  std::vector<std::string> files;
  // Public keys whose checkpoints count, 32 bytes each.
  std::vector<std::string> keys;
  // Whether requests are in the chain, and since when their rows are kept.
  bool compares_usage = true;
  auth::Time keeps_usage_since = auth::Time::min();
  // Since when the sealed content of requests is kept.
  auth::Time keeps_contents_since = auth::Time::min();
};

struct AuditFindings {
  auth::audit::Report chain;
  // Besides those of the chain: of checkpoints, of records that can't be read, of the usage table. The first thousand.
  std::vector<std::string> others;
  std::int64_t other_count = 0;
  // Not problems, but worth knowing.
  std::vector<std::string> notes;
  std::int64_t checkpoints = 0;
  std::optional<auth::audit::Checkpoint> last_checkpoint;
  std::optional<auth::Time> first_at, last_at;
  // Requests that the usage table was compared in.
  std::int64_t requests = 0;
  // Sealed contents whose hashes were compared.
  std::int64_t contents = 0;

  std::int64_t problems() const { return chain.problem_count + other_count; }
};

// Reads the store's chain page by page, and looks for what can't be in one that nobody touched; compares it with the
// table of requests and with their sealed contents. A server may run meanwhile. An error is of the store alone: what was found is in the findings.
// Blocks; one thread.
Result<AuditFindings> CheckAudit(auth::Store& store, const AuditSources& sources,
                                 const std::function<void(std::int64_t records)>& progress);

// Calls `each` with the records of the chain behind `after`, in their order; returns the number of the last one.
Result<std::int64_t> ForEachRecord(auth::Store& store, auth::v1::ListAuditRequest request,
                                   const std::function<void(const auth::v1::AuditRecord& record)>& each);

// All of it in words, for a terminal.
std::string InWords(const AuditFindings& findings);

}  // namespace wayleave::deploy
