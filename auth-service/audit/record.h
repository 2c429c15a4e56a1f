#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace wayleave::auth::audit {

// Who did what to whom: what a record of the audit chain says. Never a secret and never the content of a request.
struct AuditEvent {
  std::int64_t at_nanos = 0;
  // "admin", "request" or "system".
  std::string kind;
  // The id of a key, "cli:" and a user of the machine, or "system".
  std::string actor;
  // "key.create", "tenant.suspend", "request", …
  std::string action;
  std::string tenant;
  // The id of what was acted on.
  std::string subject;
  std::map<std::string, std::string> details;
  // Something was too long and was cut; set by FromBody, ignored by ToBody.
  bool cut = false;

  friend bool operator==(const AuditEvent&, const AuditEvent&) = default;
};

inline constexpr std::size_t kMaxBodyBytes = 16 * 1024;

// The event as one line of JSON, the same bytes for the same event. All of it is printable ASCII: control characters
// and what lies beyond ASCII are escaped, so nothing can forge a line or talk to a terminal; bytes that are no UTF-8
// become U+FFFD. At most kMaxBodyBytes: texts other than details are cut after 256 bytes, then details as far as
// needed, long values first, whole details last, and `"cut":true` says so. A cut text ends with "…".
std::string ToBody(const AuditEvent& event);

// Members that it does not know are ignored. kDataLoss if the body is no event; the message quotes nothing of it.
// Texts have their control characters back: escape them before they are shown.
Result<AuditEvent> FromBody(std::string_view body);

}  // namespace wayleave::auth::audit
