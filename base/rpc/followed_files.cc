#include "base/rpc/followed_files.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <condition_variable>
#include <fstream>
#include <mutex>
#include <sstream>
#include <stdexcept>

#include "base/log/log.h"

namespace wayleave::rpc::detail {
namespace {

constexpr std::chrono::milliseconds kLook{1000};

int MakeFile() { return ::memfd_create("certificates", MFD_CLOEXEC); }

int MakeCopy() {
  const int copy = MakeFile();
  if (copy < 0) throw std::runtime_error("grpc.tls: no memory for a copy of the certificates");
  return copy;
}

bool Write(int file, const std::string& bytes) {
  return ::pwrite(file, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size());
}

// A copy is never changed but replaced by another under its number: gRPC may be reading it, and aborts the process if a
// file has become shorter meanwhile.
void Copy(const std::string& from, int to) {
  std::ostringstream text;
  if (!from.empty()) text << std::ifstream(from, std::ios::binary).rdbuf();
  const int next = MakeFile();
  const bool copied = next >= 0 && Write(next, std::move(text).str()) && ::dup3(next, to, O_CLOEXEC) == to;
  if (!copied) log::Error("tls_certificate_refused", {{"reason", "no memory for a copy of " + from}});
  if (next >= 0) ::close(next);
}

// As if for a server: then everything is checked that can be.
std::shared_ptr<net::TlsServerContext> Check(const PeerTls& tls) {
  const auto mode = tls.ca.empty() ? net::ClientCertificates::kNone : net::ClientCertificates::kOptional;
  auto checked = net::TlsServerContext::Load({tls.certificate, tls.key, tls.ca, mode});
  if (!checked) throw std::runtime_error("grpc.tls: " + checked.error().message);
  return std::move(*checked);
}

}  // namespace

FollowedFiles::FollowedFiles(const PeerTls& tls)
    : tls_(tls),
      certificate_(MakeCopy()),
      key_(MakeCopy()),
      ca_(MakeCopy()),
      checked_(Check(tls)) {
  CopyAll();
  thread_ = std::jthread([this](const std::stop_token& stop) { Follow(stop); });
}

FollowedFiles::~FollowedFiles() = default;

void FollowedFiles::Follow(const std::stop_token& stop) {
  pthread_setname_np(pthread_self(), "certificates");
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  while (!never.wait_for(lock, stop, kLook, [] { return false; }) && !stop.stop_requested()) {
    const Result<bool> changed = checked_->Refresh();
    if (!changed) log::Error("tls_certificate_refused", {{"reason", changed.error().message}});
    if (changed && *changed) CopyAll();
  }
}

void FollowedFiles::CopyAll() const {
  Copy(tls_.ca, ca_);
  Copy(tls_.certificate, certificate_);
  Copy(tls_.key, key_);
}

}  // namespace wayleave::rpc::detail
