#include "auth-service/audit/content_check.h"

#include <algorithm>
#include <charconv>

#include "auth-service/audit/trail.h"
#include "auth-service/time.h"
#include "base/crypto/digest.h"
#include "base/crypto/encoding.h"

namespace wayleave::auth::audit {
namespace {

constexpr std::size_t kMostTold = 1000;

std::string Detail(const AuditEvent& event, const char* name) {
  const auto found = event.details.find(name);
  return found == event.details.end() ? std::string() : found->second;
}

// One that can't be read is compared.
std::int64_t StartOf(const AuditEvent& event) {
  const std::string text = Detail(event, "started_at");
  std::int64_t nanos = INT64_MAX;
  std::from_chars(text.data(), text.data() + text.size(), nanos);
  return nanos;
}

std::string InWords(const std::string& id, bool told, bool kept) {
  const std::string name = "request " + id.substr(0, 80) + ": its sealed content was ";
  if (!kept) return name + "removed before its time";
  return name + (told ? "changed, or exchanged for another's" : "added, the audit chain knows of none");
}

}  // namespace

void ContentCheck::Told(const AuditEvent& event) {
  const std::string hash = Detail(event, kContentHash);
  if (event.kind != "request" || hash.empty() || StartOf(event) < from_nanos_) return;
  contents_[event.subject].told = hash;
}

void ContentCheck::Kept(const KeptContent& content) {
  const auto found = contents_.find(content.reservation_id);
  if (found == contents_.end() && ToNanos(content.at) < from_nanos_) return;
  std::string hash = crypto::Hex(crypto::AsView(crypto::Sha256(content.sealed)));
  ++compared_;
  if (found != contents_.end() && found->second.told == hash) {
    contents_.erase(found);
  } else {
    contents_[content.reservation_id].kept = std::move(hash);
  }
}

void ContentCheck::ToldLater(const AuditEvent& event) {
  const auto found = contents_.find(event.subject);
  const bool same = found != contents_.end() && found->second.told.empty() && event.kind == "request" &&
                    found->second.kept == Detail(event, kContentHash);
  if (same) contents_.erase(found);
}

std::vector<std::string> ContentCheck::Differences() const {
  std::vector<std::string> words;
  for (const auto& [id, content] : contents_)
    words.push_back(InWords(id, !content.told.empty(), !content.kept.empty()));
  std::sort(words.begin(), words.end());
  if (words.size() > kMostTold) words.resize(kMostTold);
  return words;
}

}  // namespace wayleave::auth::audit
