#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wayleave::net {
struct PeerCertificate;
}

namespace wayleave::http {

// A header block in the order of the wire. Names compare without case; few enough to search in a row.
class HeaderList {
 public:
  void Add(std::string name, std::string value) { entries_.emplace_back(std::move(name), std::move(value)); }
  // The first value of that name, or "" if there is none.
  std::string_view Get(std::string_view name) const;
  bool Has(std::string_view name) const;
  std::size_t Count(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& entries() const { return entries_; }

 private:
  std::vector<std::pair<std::string, std::string>> entries_;
};

// One request, read completely and checked (limits, framing) by the server. A plain value.
struct Request {
  std::string method;
  // As sent: path and query.
  std::string target;
  // Names in lower case.
  HeaderList headers;
  // Has room for at least 64 bytes behind its end, which SIMD parsers ask for.
  std::string body;
  // HTTP/1.1; otherwise 1.0.
  bool http11 = true;
  // The client's address without the port.
  std::string peer;
  // The client's, if it came by TLS and showed one that the server's authorities vouch for; otherwise null.
  std::shared_ptr<const net::PeerCertificate> certificate;
  std::chrono::steady_clock::time_point arrived;

  std::string_view path() const;
  std::string_view query() const;
};

// A whole answer. Content-Length, Date and Connection are added by the server.
struct Response {
  int status = 200;
  HeaderList headers;
  std::string body;
};

// A path with its %xx made bytes; what is no such escape stays as it is.
std::string PercentDecoded(std::string_view text);

// Makes a header value safe to send: control characters become spaces.
std::string CleanValue(std::string_view value);

}  // namespace wayleave::http
