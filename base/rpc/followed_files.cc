#include "base/rpc/followed_files.h"

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

int MakeCopy(const char* name) {
  const int copy = ::memfd_create(name, MFD_CLOEXEC);
  if (copy < 0) throw std::runtime_error("grpc.tls: no memory for a copy of the certificates");
  return copy;
}

void Copy(const std::string& from, int to) {
  std::ostringstream text;
  if (!from.empty()) text << std::ifstream(from, std::ios::binary).rdbuf();
  const std::string bytes = std::move(text).str();
  // gRPC takes a file that is being changed for unreadable, and looks again.
  if (::ftruncate(to, 0) != 0 || ::pwrite(to, bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    log::Error("tls_certificate_refused", {{"reason", "no memory for a copy of " + from}});
  }
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
      certificate_(MakeCopy("certificate")),
      key_(MakeCopy("key")),
      ca_(MakeCopy("ca")),
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
