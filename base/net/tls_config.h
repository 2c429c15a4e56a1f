#pragma once

#include "base/config/yaml.h"
#include "base/net/tls_server.h"

namespace wayleave::net {

// Reads {certificate, key, client_ca, client_certificates}. Looks at no file: relative paths begin where the program
// was started. Throws config::ConfigError.
TlsServerConfig ReadTlsServer(config::Section section);

}  // namespace wayleave::net
