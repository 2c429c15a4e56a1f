#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/crypto/digest.h"

namespace wayleave::auth::audit {

// Where a chain stands after a record: the record's number and the hash that binds it to all before it. A chain
// without records stands at number 0 with a hash of zeros.
struct Link {
  std::int64_t sequence = 0;
  crypto::Digest hash{};

  friend bool operator==(const Link&, const Link&) = default;
};

// SHA-256 over a prefix that nothing else of ours is hashed with, the chain, the number, the hash of the record
// before and the body, each of them delimited. Pure; any thread.
crypto::Digest HashOf(std::string_view chain, std::int64_t sequence, const crypto::Digest& previous_hash,
                      std::string_view body);

// The records of one chain, numbered 1, 2, 3, … without holes. A chain has one writer at a time: a second process
// starts a chain of its own, or reads where this one ends within the transaction in which it appends.
//
// A value that belongs to one thread. It moves on before the record is on disk, so copy it before a transaction and
// put the copy back if the commit fails; otherwise the chain would have a hole that nobody made.
class Chain {
 public:
  // Starts an empty chain, or goes on after the last record that is stored.
  explicit Chain(std::string id, const Link& last = {});

  // The number and the hash to store with the body.
  Link Append(std::string_view body);

  const std::string& id() const { return id_; }
  const Link& last() const { return last_; }

 private:
  std::string id_;
  Link last_;
};

}  // namespace wayleave::auth::audit
