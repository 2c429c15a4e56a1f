#pragma once

#include <string>

#include "wayleave/auth/v1/auth.pb.h"

namespace wayleave::auth::audit {

// A record as one line of JSON for other systems: chain, sequence, the hash in hexadecimal, and the body. A body that
// is whole stands there byte for byte, so that whoever takes it out can compute the hash anew; one that somebody
// damaged stands there as a text. Pure.
std::string ToExportLine(const v1::AuditRecord& record);

}  // namespace wayleave::auth::audit
