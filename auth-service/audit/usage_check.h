#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "auth-service/audit/record.h"
#include "base/crypto/digest.h"
#include "wayleave/auth/v1/auth.pb.h"

namespace wayleave::auth::audit {

// Compares the table of requests with what the audit chain tells of them, in memory that does not grow with either.
//
// Feed it both sides whole, in any order. If they don't agree, call LookCloser() and feed them again: now what lies in
// places that differed is kept, and Differences() tells what it is. Texts count without what lies beyond ASCII, which
// one of the databases can't hold in full. Not thread-safe.
class UsageCheck {
 public:
  // Requests that began before are left alone, on both sides: they are older than the chain, or retention may have
  // taken them out of the table.
  explicit UsageCheck(std::int64_t from_nanos);

  // A record of the chain; those of other kinds than requests are passed over.
  void Told(std::int64_t sequence, const AuditEvent& event);
  // A row of the table.
  void Kept(const v1::Settlement& settlement);
  // A record that came into the chain after it was fed: it excuses a row that came with it.
  void ToldLater(const AuditEvent& event);

  // Of the first look.
  bool Agrees() const;
  void LookCloser();
  // One sentence each, for an operator, at most a thousand; nothing more can be fed.
  std::vector<std::string> Differences();
  // The looks at so many places were enough to see all there is; otherwise there is more than was told.
  bool complete() const { return complete_; }
  // Requests of the chain that were compared.
  std::int64_t compared() const { return compared_; }

 private:
  struct Place {
    std::uint64_t balance = 0;
    std::uint32_t count = 0;
  };
  struct Pair {
    std::int64_t sequence = 0;  // 0: not told
    bool twice = false;
    bool cut = false;
    bool kept = false;
    std::map<std::string, std::string> told_facts, kept_facts;
  };
  using Facts = std::map<std::string, std::string>;

  std::size_t PlaceOf(const std::string& id) const;
  void Weigh(const std::string& id, const Facts& facts, bool told);
  static std::string InWords(const std::string& id, const Pair& pair);

  const std::int64_t from_nanos_;
  // With a key of its own, so that nobody can choose what evens out.
  const crypto::HmacSha256 hmac_;
  std::vector<Place> places_;
  std::vector<bool> closer_;
  std::map<std::string, Pair> pairs_;
  bool complete_ = true;
  std::int64_t compared_ = 0;
};

}  // namespace wayleave::auth::audit
