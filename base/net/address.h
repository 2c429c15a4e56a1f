#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <string>

namespace wayleave::net {

// A socket address by value.
struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

// Whether we never connect there: link-local networks and the addresses at which clouds serve their
// machine credentials, in IPv6's ways of writing IPv4 too.
bool IsForbidden(const Address& address);

// The address that `host` spells, in any spelling that a resolver takes for an address without asking
// anybody (brackets, 0x7f.1, a bare number); false for a name.
bool ParseAddress(const std::string& host, int port, Address& into);

// For configuration checks: `host` is a literal of a forbidden address.
bool IsForbiddenLiteral(const std::string& host);

}  // namespace wayleave::net
