#include "base/net/peer_certificate.h"

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <limits>
#include <memory>
#include <string_view>

namespace wayleave::net {
namespace {

using Clock = std::chrono::system_clock;

bool IsControl(std::string_view utf8, std::size_t at) {
  const auto byte = static_cast<unsigned char>(utf8[at]);
  if (byte < 0x20 || byte == 0x7f) return true;
  const bool c1 = byte == 0xc2 && at + 1 < utf8.size() && static_cast<unsigned char>(utf8[at + 1]) < 0xa0;
  return c1;  // U+0080 to U+009F
}

bool IsClean(std::string_view utf8) {
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    if (IsControl(utf8, i)) return false;
  }
  return true;
}

// A part of the subject, in UTF-8 whatever it was written in.
std::optional<std::string> TextOf(const ASN1_STRING* string) {
  unsigned char* bytes = nullptr;
  const int size = ASN1_STRING_to_UTF8(&bytes, string);
  if (size < 0) return std::nullopt;
  std::string text(reinterpret_cast<char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  if (!IsClean(text)) return std::nullopt;
  return text;
}

// An alternative name: visible ASCII, which is all that a host, a URI and an address may be made of.
bool TakeVisible(const ASN1_IA5STRING* string, std::vector<std::string>& into) {
  const std::string_view text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
                              static_cast<std::size_t>(ASN1_STRING_length(string)));
  const bool visible = std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (text.empty() || !visible) return false;
  into.emplace_back(text);
  return true;
}

bool TakeSubject(const X509_NAME* name, PeerCertificate& into) {
  int common_names = 0;
  for (int i = 0; i < X509_NAME_entry_count(name); ++i) {
    const X509_NAME_ENTRY* entry = X509_NAME_get_entry(name, i);
    std::optional<std::string> text = TextOf(X509_NAME_ENTRY_get_data(entry));
    if (!text) return false;
    if (OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry)) != NID_commonName) continue;
    into.common_name = ++common_names == 1 ? std::move(*text) : std::string();
  }
  const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
  if (X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253) < 0) return false;
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  into.subject.assign(text, static_cast<std::size_t>(size));
  return true;
}

bool TakeName(const GENERAL_NAME* name, PeerCertificate& into) {
  switch (name->type) {
    case GEN_DNS: return TakeVisible(name->d.dNSName, into.dns_names);
    case GEN_URI: return TakeVisible(name->d.uniformResourceIdentifier, into.uris);
    case GEN_EMAIL: return TakeVisible(name->d.rfc822Name, into.emails);
    default: return true;  // addresses and the like: nobody asks for them
  }
}

bool TakeAlternatives(const X509* certificate, PeerCertificate& into) {
  int found = 0;
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, &found, nullptr)),
      GENERAL_NAMES_free);
  if (!names) return found == -1;  // otherwise there are two of them, or one that can't be read
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    if (!TakeName(sk_GENERAL_NAME_value(names.get(), i), into)) return false;
  }
  return true;
}

std::string Fingerprint(const X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  X509_digest(certificate, EVP_sha256(), digest.data(), &size);
  constexpr char kHex[] = "0123456789abcdef";
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) hex.append({kHex[digest[i] >> 4], kHex[digest[i] & 15]});
  return hex;
}

// A session that is resumed brings the verdict of its beginning, so the times are looked at again.
bool IsValidNow(const X509* certificate) {
  return X509_cmp_current_time(X509_get0_notBefore(certificate)) < 0 &&
         X509_cmp_current_time(X509_get0_notAfter(certificate)) > 0;
}

}  // namespace

Clock::time_point NotAfter(const X509* certificate) {
  std::tm utc{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &utc) != 1) return {};
  const std::chrono::seconds seconds(timegm(&utc));
  // "No end" is written as the year 9999, which a clock of nanoseconds can't hold.
  const auto farthest = std::chrono::duration_cast<std::chrono::seconds>(Clock::duration::max());
  return Clock::time_point(std::min(seconds, farthest));
}

std::optional<PeerCertificate> ReadPeerCertificate(X509* certificate) {
  PeerCertificate peer;
  if (!IsValidNow(certificate) || !TakeSubject(X509_get_subject_name(certificate), peer) ||
      !TakeAlternatives(certificate, peer)) {
    return std::nullopt;
  }
  peer.fingerprint_sha256 = Fingerprint(certificate);
  peer.not_after = NotAfter(certificate);
  return peer;
}

}  // namespace wayleave::net
