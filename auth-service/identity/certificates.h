#pragma once

#include <vector>

#include "auth-service/config.h"
#include "base/result.h"
#include "wayleave/auth/v1/auth.pb.h"

namespace wayleave::auth {

// Whom a verified client certificate stands for, by the first rule that one of its names matches. The policy is left to
// the table. kUnauthenticated if there is none. Pure.
Result<v1::Principal> PrincipalOf(const v1::ClientCertificate& certificate, const std::vector<CertificateRule>& rules);

}  // namespace wayleave::auth
