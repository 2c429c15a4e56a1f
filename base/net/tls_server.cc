#include "base/net/tls_server.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509err.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/net/peer_certificate.h"
#include "base/net/tls.h"

namespace wayleave::net {
namespace {

using Context = std::shared_ptr<SSL_CTX>;

Error Unfit(std::string message) { return Error{Code::kFailedPrecondition, std::move(message), {}, {}}; }

Status CheckReadable(const char* what, const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd >= 0) {
    ::close(fd);
    return {};
  }
  const std::string reason = std::generic_category().message(errno);
  const char* todo = errno == EACCES ? "; let the user that the gateway runs as read it" : "; correct the path";
  return Unfit("can't read the " + std::string(what) + " " + path + ": " + reason + todo);
}

Status CheckSecrecy(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || (status.st_mode & S_IRWXO) == 0) return {};
  return Unfit("every user of this machine can get at the key " + path + "; run chmod 600 (or 640) on it");
}

// OpenSSL would ask at the terminal.
int NoPassphrase(char*, int, int, void*) { return 0; }

// The client's list is a row of names, each behind its length.
int ChooseHttp11(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in, unsigned int size,
                 void*) {
  static constexpr unsigned char kOurs[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kOurs, sizeof kOurs - 1, in, size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

void SetRules(SSL_CTX* context) {
  ApplyTlsDefaults(context);
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                   SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");  // of 1.2; those of 1.3 are all as good
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);      // tickets: what is to be kept, the client keeps
  SSL_CTX_set_timeout(context, 300);
  static constexpr unsigned char kSessions[] = "wayleave";
  SSL_CTX_set_session_id_context(context, kSessions, sizeof kSessions - 1);
  SSL_CTX_set_alpn_select_cb(context, ChooseHttp11, nullptr);
  SSL_CTX_set_default_passwd_cb(context, NoPassphrase);
}

Status UseCertificate(SSL_CTX* context, const std::string& path) {
  if (Status readable = CheckReadable("certificate", path); !readable) return readable;
  if (SSL_CTX_use_certificate_chain_file(context, path.c_str()) == 1) return {};
  return Unfit("there is no certificate that can be used in " + path +
               "; it must be PEM (-----BEGIN CERTIFICATE-----) with the server's own first");
}

Status UseKey(SSL_CTX* context, const TlsServerConfig& config) {
  if (Status readable = CheckReadable("key", config.key); !readable) return readable;
  if (Status secret = CheckSecrecy(config.key); !secret) return secret;
  if (SSL_CTX_use_PrivateKey_file(context, config.key.c_str(), SSL_FILETYPE_PEM) == 1 &&
      SSL_CTX_check_private_key(context) == 1) {
    return {};
  }
  const unsigned long error = ERR_peek_last_error();
  const int reason = ERR_GET_REASON(error);
  if (ERR_GET_LIB(error) == ERR_LIB_X509 &&
      (reason == X509_R_KEY_VALUES_MISMATCH || reason == X509_R_KEY_TYPE_MISMATCH)) {
    return Unfit("the key " + config.key + " does not fit the certificate " + config.certificate +
                 "; give the two that were made together");
  }
  return Unfit("there is no key that can be used in " + config.key +
               "; it must be PEM without a passphrase (openssl pkey -in … -out … takes one away)");
}

Status UseClientCa(SSL_CTX* context, const TlsServerConfig& config) {
  if (config.client_certificates == ClientCertificates::kNone) return {};
  if (config.client_ca.empty()) return Unfit("client certificates can't be checked without a file of authorities");
  if (Status readable = CheckReadable("file of client authorities", config.client_ca); !readable) return readable;
  STACK_OF(X509_NAME)* names = SSL_load_client_CA_file(config.client_ca.c_str());
  if (!names || SSL_CTX_load_verify_locations(context, config.client_ca.c_str(), nullptr) != 1) {
    sk_X509_NAME_pop_free(names, X509_NAME_free);
    return Unfit("there is no certificate that can be used in " + config.client_ca + "; it must be PEM");
  }
  SSL_CTX_set_client_CA_list(context, names);
  // An authority below a root may be trusted alone: the root would vouch for too many.
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
  const bool required = config.client_certificates == ClientCertificates::kRequired;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
  return {};
}

Result<Context> Make(const TlsServerConfig& config) {
  ERR_clear_error();
  Context context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  SetRules(context.get());
  Status done = UseCertificate(context.get(), config.certificate);
  if (done) done = UseKey(context.get(), config);
  if (done) done = UseClientCa(context.get(), config);
  ERR_clear_error();
  if (!done) return std::move(done).error();
  return context;
}

void AppendLook(const std::string& path, std::string& to) {
  struct stat s {};
  if (path.empty() || ::stat(path.c_str(), &s) != 0) return to.push_back('-');
  for (const auto number : {static_cast<long long>(s.st_dev), static_cast<long long>(s.st_ino),
                            static_cast<long long>(s.st_size), static_cast<long long>(s.st_mode),
                            static_cast<long long>(s.st_mtim.tv_sec), static_cast<long long>(s.st_mtim.tv_nsec)}) {
    to.append(std::to_string(number)).push_back(' ');
  }
}

}  // namespace

Result<std::unique_ptr<TlsServerContext>> TlsServerContext::Load(TlsServerConfig config) {
  std::unique_ptr<TlsServerContext> context(new TlsServerContext(std::move(config)));
  if (Status loaded = context->Reload(); !loaded) return std::move(loaded).error();
  return context;
}

std::shared_ptr<SSL_CTX> TlsServerContext::Current() const {
  std::lock_guard lock(current_mutex_);
  return current_;
}

Status TlsServerContext::Reload() {
  std::lock_guard loading(loading_);
  look_ = Look();  // before they are read: what is written meanwhile is a change
  Result<Context> made = Make(config_);
  if (!made) return std::move(made).error();
  std::lock_guard lock(current_mutex_);
  current_ = std::move(*made);
  return {};
}

Result<bool> TlsServerContext::Refresh() {
  if (!ItIsTimeToLook()) return false;
  {
    std::lock_guard loading(loading_);
    if (Look() == look_) return false;
  }
  if (Status loaded = Reload(); !loaded) return std::move(loaded).error();
  return true;
}

bool TlsServerContext::ItIsTimeToLook() {
  const auto now = Clock::now().time_since_epoch();
  auto last = looked_at_.load();
  if (now - Clock::duration(last) < std::chrono::seconds(1)) return false;
  return looked_at_.compare_exchange_strong(last, now.count());
}

std::string TlsServerContext::Look() const {
  std::string look;
  for (const std::string* path : {&config_.certificate, &config_.key, &config_.client_ca}) AppendLook(*path, look);
  return look;
}

std::chrono::system_clock::time_point TlsServerContext::not_after() const {
  return NotAfter(SSL_CTX_get0_certificate(Current().get()));
}

}  // namespace wayleave::net
