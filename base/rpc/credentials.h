#pragma once

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

#include <chrono>
#include <memory>
#include <optional>

#include "base/metrics/registry.h"
#include "base/net/tls_server.h"
#include "base/result.h"
#include "base/rpc/followed_files.h"

namespace wayleave::rpc::detail {

// For a server: each connection begins with the certificates that stand in the files then. Files that can't be used are
// found at once; later they are logged, and what was in force before stays. Without a configuration: no TLS.
// `registry`, if there is one, is told when the certificate ends.
Result<std::shared_ptr<grpc::ServerCredentials>> CredentialsFor(const std::optional<net::TlsServerConfig>& tls,
                                                                metrics::Registry* registry);

// In the log, if others than this machine can reach the address.
void WarnOfPlainText(const std::string& address);

// For channels: new connections follow the files within two seconds. Without files: no TLS.
std::shared_ptr<grpc::ChannelCredentials> CredentialsFor(const FollowedFiles* files, metrics::Registry* registry);

}  // namespace wayleave::rpc::detail
