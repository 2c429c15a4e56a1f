#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

struct x509_st;

namespace wayleave::net {

// Who a client is according to its certificate. Made only of certificates that were verified: chain, purpose and times.
// A plain value; whoever holds it may rely on every name being free of NULs and control characters.
struct PeerCertificate {
  std::string subject;      // RFC 2253, as `openssl x509 -subject -nameopt RFC2253` prints it
  std::string common_name;  // empty unless there is exactly one
  std::vector<std::string> dns_names, uris, emails;  // the alternative names
  std::string fingerprint_sha256;                    // of the whole certificate, in lower-case hex
  std::chrono::system_clock::time_point not_after;
};

// What the certificate says; nothing if a name in it can't be told apart from another by everybody who prints or
// compares it (NUL, control characters, broken UTF-8), or if it is not valid now. Verifies nothing else. Any thread.
std::optional<PeerCertificate> ReadPeerCertificate(x509_st* certificate);

// When it ends; the farthest time that the clock can tell, if that is before. Any thread.
std::chrono::system_clock::time_point NotAfter(const x509_st* certificate);

}  // namespace wayleave::net
