#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/config/yaml.h"
#include "base/net/tls_server.h"

namespace wayleave::rpc {

// How our services know each other by TLS: files in PEM, which are followed while the program runs.
struct PeerTls {
  std::string certificate;  // our own, for those whom we call and for those who call us
  std::string key;
  std::string ca;         // who vouches for those whom we call; empty: the system's authorities
  std::string client_ca;  // who vouches for those who call us, and must then show a certificate; empty: nobody is asked
  std::string server_name;  // what stands in the certificates of those whom we call; empty: the host of their address

  // What a server is told of it.
  net::TlsServerConfig ForServer() const;
};

// What the section `grpc` says: how our services speak with each other.
struct PeerConfig {
  std::optional<PeerTls> tls;  // nothing: in the clear
  // A connection that is so old takes no new calls, so that its client comes again and finds new replicas. Those in
  // progress end in their own time. 0: never. Give or take a tenth, so that not all come at once.
  std::chrono::milliseconds max_connection_age{std::chrono::minutes(5)};
};

// Throws config::ConfigError. Looks at no file: a configuration is also checked on machines without the certificates.
PeerConfig ReadPeerConfig(config::Section& root);

}  // namespace wayleave::rpc
