#pragma once

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "base/net/tls_server.h"

namespace wayleave::testing {

// What stands in a certificate.
struct Names {
  std::string common_name = "client";
  std::string alternative = "DNS:localhost";  // as openssl.cnf writes it; empty: none
  std::string usage = "serverAuth,clientAuth";
  long from = -3600, until = 3600;  // in seconds from now
  bool authority = false;
  std::string raw_dns{};  // one more name, byte for byte
};

struct Identity {
  std::shared_ptr<EVP_PKEY> key;
  std::shared_ptr<X509> certificate;
};

inline void AddExtension(X509* certificate, int nid, const std::string& value) {
  if (value.empty()) return;
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

inline void AddRawDns(X509* certificate, const std::string& bytes) {
  GENERAL_NAME* name = GENERAL_NAME_new();
  ASN1_IA5STRING* text = ASN1_IA5STRING_new();
  ASN1_STRING_set(text, bytes.data(), static_cast<int>(bytes.size()));
  GENERAL_NAME_set0_value(name, GEN_DNS, text);
  GENERAL_NAMES* names = GENERAL_NAMES_new();
  sk_GENERAL_NAME_push(names, name);
  X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT);
  GENERAL_NAMES_free(names);
}

// Signed by `issuer`, or by itself.
inline Identity MakeIdentity(const Names& names, const Identity* issuer = nullptr) {
  static std::atomic<long> serial{1};
  Identity made{{EVP_EC_gen("P-256"), EVP_PKEY_free}, {X509_new(), X509_free}};
  X509* certificate = made.certificate.get();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), names.from);
  X509_gmtime_adj(X509_getm_notAfter(certificate), names.until);
  X509_set_pubkey(certificate, made.key.get());
  X509_NAME* subject = X509_get_subject_name(certificate);
  const auto* bytes = reinterpret_cast<const unsigned char*>(names.common_name.data());
  X509_NAME_add_entry_by_NID(subject, NID_organizationName, MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("Team, A"), -1, -1, 0);
  X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8, bytes,
                             static_cast<int>(names.common_name.size()), -1, 0);
  X509_set_issuer_name(certificate, issuer ? X509_get_subject_name(issuer->certificate.get()) : subject);
  AddExtension(certificate, NID_basic_constraints, names.authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  if (!names.authority) AddExtension(certificate, NID_ext_key_usage, names.usage);
  if (!names.authority && names.raw_dns.empty()) AddExtension(certificate, NID_subject_alt_name, names.alternative);
  if (!names.raw_dns.empty()) AddRawDns(certificate, names.raw_dns);
  X509_sign(certificate, issuer ? issuer->key.get() : made.key.get(), EVP_sha256());
  return made;
}

inline Identity MakeAuthority(const std::string& name) {
  Names names;
  names.common_name = name;
  names.authority = true;
  return MakeIdentity(names);
}

// A folder with the files of a server, which goes with the object.
class ServerFiles {
 public:
  ServerFiles() {
    std::string path = (std::filesystem::temp_directory_path() / "wayleave-tls-XXXXXX").string();
    folder_ = ::mkdtemp(path.data());
  }
  ~ServerFiles() { std::filesystem::remove_all(folder_); }
  ServerFiles(const ServerFiles&) = delete;
  ServerFiles& operator=(const ServerFiles&) = delete;

  std::string Path(const std::string& name) const { return folder_ + "/" + name; }

  // Written beside and put in place, as tools that renew certificates do it.
  void WriteCertificate(const Identity& identity, const std::string& name = "server.crt") const {
    Write(name, [&](FILE* out) { PEM_write_X509(out, identity.certificate.get()); });
  }
  void WriteKey(const Identity& identity, const std::string& name = "server.key") const {
    Write(name, [&](FILE* out) {
      PEM_write_PrivateKey(out, identity.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
    Permit(name, 0600);
  }
  void WriteEncryptedKey(const Identity& identity) const {
    char passphrase[] = "secret";
    Write("server.key", [&](FILE* out) {
      PEM_write_PrivateKey(out, identity.key.get(), EVP_aes_128_cbc(), nullptr, 0, nullptr, passphrase);
    });
    Permit("server.key", 0600);
  }
  void WriteServer(const Identity& identity) const {
    WriteCertificate(identity);
    WriteKey(identity);
  }
  void Permit(const std::string& name, unsigned mode) const {
    std::filesystem::permissions(Path(name), static_cast<std::filesystem::perms>(mode));
  }

  net::TlsServerConfig Config(net::ClientCertificates mode = net::ClientCertificates::kNone) const {
    net::TlsServerConfig config{Path("server.crt"), Path("server.key"), {}, mode};
    if (mode != net::ClientCertificates::kNone) config.client_ca = Path("clients.crt");
    return config;
  }

 private:
  template <class Fn>
  void Write(const std::string& name, Fn write) const {
    const std::string draft = Path(name + ".draft");
    FILE* out = std::fopen(draft.c_str(), "w");
    write(out);
    std::fclose(out);
    std::filesystem::rename(draft, Path(name));
  }

  std::string folder_;
};

}  // namespace wayleave::testing
