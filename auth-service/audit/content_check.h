#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "auth-service/audit/record.h"
#include "auth-service/store/changes.h"

namespace wayleave::auth::audit {

// Compares the sealed contents that are kept with what the audit chain tells of them: changed, exchanged, added and
// removed ones are found. It needs no key.
//
// Feed it the chain, then the contents, then what came into the chain meanwhile. Memory grows by some two hundred bytes
// for each content that the chain tells of; each takes a thousand times as much in the store. Not thread-safe.
class ContentCheck {
 public:
  // Contents of requests that began before are left alone, on both sides: retention may have taken them out.
  explicit ContentCheck(std::int64_t from_nanos) : from_nanos_(from_nanos) {}

  // A record of the chain; those without content are passed over.
  void Told(const AuditEvent& event);
  void Kept(const KeptContent& content);
  // A record that came into the chain after the contents were begun: it excuses one that came with it.
  void ToldLater(const AuditEvent& event);

  // One sentence each, for an operator, in the order of the reservations, at most a thousand; then nothing more can be
  // fed.
  std::vector<std::string> Differences() const;
  std::int64_t compared() const { return compared_; }

 private:
  struct Content {
    std::string told;
    std::string kept;
  };

  const std::int64_t from_nanos_;
  std::unordered_map<std::string, Content> contents_;  // those that were compared and are the same are taken out
  std::int64_t compared_ = 0;
};

}  // namespace wayleave::auth::audit
