#pragma once

#include <memory>
#include <string>

struct ssl_ctx_st;

namespace wayleave::net {

// How we check the servers that we call by TLS (1.2 and newer): against the system's certificate
// authorities, or against those in one file. Immutable; any thread.
class TlsContext {
 public:
  // An empty `ca_file` stands for the system's. Throws std::runtime_error if the file can't be read.
  explicit TlsContext(const std::string& ca_file = "");
  ssl_ctx_st* get() const { return context_.get(); }

 private:
  std::shared_ptr<ssl_ctx_st> context_;
};

// What holds for TLS in both directions: versions, and how our streams write.
void ApplyTlsDefaults(ssl_ctx_st* context);

}  // namespace wayleave::net
