#include "auth-service/audit/usage_check.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "auth-service/audit/framing.h"
#include "auth-service/audit/trail.h"
#include "auth-service/time.h"
#include "base/crypto/random.h"

namespace wayleave::auth::audit {
namespace {

constexpr std::size_t kPlaces = std::size_t{1} << 20;
constexpr std::uint32_t kMostLookedAt = 200'000;
constexpr std::size_t kMostTold = 1000;
constexpr std::size_t kKeyBytes = 32;

// The same for a text as the chain has it and as either database keeps it: each run of other characters than printable
// ASCII counts as one question mark.
std::string Plain(const std::string& text) {
  std::string plain;
  for (const char c : text) {
    const bool kept = c >= ' ' && c <= '~' && c != '?';
    if (kept || plain.empty() || plain.back() != '?') plain += kept ? c : '?';
  }
  return plain;
}

std::map<std::string, std::string> FactsOf(const AuditEvent& event) {
  std::map<std::string, std::string> facts;
  for (const auto& [name, value] : event.details) facts[name] = Plain(value);
  facts.erase(kContentHash);  // of another table; see ContentCheck
  facts["tenant"] = Plain(event.tenant);
  facts["key"] = Plain(event.actor);
  return facts;
}

std::int64_t StartOf(const AuditEvent& event) {
  const auto found = event.details.find("started_at");
  std::int64_t nanos = INT64_MAX;  // one that can't be read is compared
  if (found != event.details.end()) {
    std::from_chars(found->second.data(), found->second.data() + found->second.size(), nanos);
  }
  return nanos;
}

bool IsNumber(const std::string& text) { return text.find_first_not_of("0123456789-") == std::string::npos; }

// Of an event that had to be cut only the numbers that are left say something.
bool Same(const std::map<std::string, std::string>& told, const std::map<std::string, std::string>& kept, bool cut) {
  if (!cut) return told == kept;
  return std::all_of(told.begin(), told.end(), [&](const auto& fact) {
    const auto found = kept.find(fact.first);
    return !IsNumber(fact.second) || (found != kept.end() && found->second == fact.second);
  });
}

std::string Value(const std::map<std::string, std::string>& facts, const std::string& name) {
  const auto found = facts.find(name);
  return found == facts.end() ? "nothing" : found->second.substr(0, 80);
}

// What differs, the table's side first.
std::string DifferenceOf(const std::map<std::string, std::string>& told,
                         const std::map<std::string, std::string>& kept) {
  std::map<std::string, std::string> names = told;
  names.insert(kept.begin(), kept.end());
  std::string words;
  for (const auto& [name, value] : names) {
    const std::string here = Value(kept, name), there = Value(told, name);
    if (here == there) continue;
    words += (words.empty() ? "" : "; ") + name + " is " + here + ", the audit chain says " + there;
  }
  return words;
}

}  // namespace

UsageCheck::UsageCheck(std::int64_t from_nanos)
    : from_nanos_(from_nanos), hmac_(crypto::RandomBytes(kKeyBytes)), places_(kPlaces) {}

std::size_t UsageCheck::PlaceOf(const std::string& id) const {
  const crypto::Digest digest = hmac_.Of(id);
  std::uint32_t number = 0;
  std::memcpy(&number, digest.data(), sizeof number);
  return number % kPlaces;
}

void UsageCheck::Weigh(const std::string& id, const Facts& facts, bool told) {
  std::string text;
  AppendSized(text, id);
  for (const auto& [name, value] : facts) {
    AppendSized(text, name);
    AppendSized(text, value);
  }
  const crypto::Digest digest = hmac_.Of(text);
  std::uint64_t weight = 0;
  std::memcpy(&weight, digest.data(), sizeof weight);
  Place& place = places_[PlaceOf(id)];
  place.balance += told ? weight : 0 - weight;
  ++place.count;
}

void UsageCheck::Told(std::int64_t sequence, const AuditEvent& event) {
  if (event.kind != "request" || StartOf(event) < from_nanos_) return;
  const std::string id = Plain(event.subject);
  if (closer_.empty()) {
    ++compared_;
    return Weigh(id, FactsOf(event), true);
  }
  if (!closer_[PlaceOf(id)]) return;
  Pair& pair = pairs_[id];
  pair.twice = pair.sequence != 0;
  pair.sequence = sequence;
  pair.cut = event.cut;
  pair.told_facts = FactsOf(event);
}

void UsageCheck::Kept(const v1::Settlement& settlement) {
  if (ToNanos(settlement.started_at()) < from_nanos_) return;
  const AuditEvent event = RequestEvent(settlement, Time());
  const std::string id = Plain(event.subject);
  if (closer_.empty()) return Weigh(id, FactsOf(event), false);
  if (!closer_[PlaceOf(id)]) return;
  Pair& pair = pairs_[id];
  pair.kept = true;
  pair.kept_facts = FactsOf(event);
}

// Only what has no other record needs one that came late.
void UsageCheck::ToldLater(const AuditEvent& event) {
  if (event.kind != "request") return;
  const auto found = pairs_.find(Plain(event.subject));
  if (found == pairs_.end() || found->second.sequence != 0) return;
  if (Same(FactsOf(event), found->second.kept_facts, event.cut)) pairs_.erase(found);
}

bool UsageCheck::Agrees() const {
  return std::all_of(places_.begin(), places_.end(), [](const Place& place) { return place.balance == 0; });
}

void UsageCheck::LookCloser() {
  closer_.assign(kPlaces, false);
  std::uint64_t looked_at = 0;
  for (std::size_t i = 0; i < kPlaces; ++i) {
    if (places_[i].balance == 0) continue;
    looked_at += places_[i].count;
    if (looked_at > kMostLookedAt) {
      complete_ = false;
      return;
    }
    closer_[i] = true;
  }
}

std::string UsageCheck::InWords(const std::string& id, const Pair& pair) {
  const std::string name = "request " + id.substr(0, 80);
  if (pair.twice)
    return name + ": the audit chain tells it twice, the second time in record " + std::to_string(pair.sequence);
  if (!pair.kept) {
    return name + ": its row in the usage table was removed; record " + std::to_string(pair.sequence) + " tells of it";
  }
  if (pair.sequence == 0) {
    return name + ": its row in the usage table was added, or was recorded while auth.audit_requests was false";
  }
  return name + ": its row in the usage table was changed: " + DifferenceOf(pair.told_facts, pair.kept_facts);
}

std::vector<std::string> UsageCheck::Differences() {
  std::vector<std::string> words;
  for (const auto& [id, pair] : pairs_) {
    const bool same =
        pair.sequence != 0 && pair.kept && !pair.twice && Same(pair.told_facts, pair.kept_facts, pair.cut);
    if (same) continue;
    if (words.size() == kMostTold) {
      complete_ = false;
      break;
    }
    words.push_back(InWords(id, pair));
  }
  return words;
}

}  // namespace wayleave::auth::audit
