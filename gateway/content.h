#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/metrics/registry.h"
#include "gateway/record.h"
#include "wayleave/auth/v1/auth.pb.h"

namespace wayleave::gateway {

// More of a request, or of its answer, is never kept, whatever the configuration says: a settlement stays far below
// what a message between the services, and a record of the journal, may have.
inline constexpr std::size_t kMostContentBytes = std::size_t{1} << 20;

// How much content is kept, and what was too long for it. Any thread; the registry must outlive it.
class ContentRules {
 public:
  // Of a request and of an answer, each.
  ContentRules(std::size_t most_bytes, metrics::Registry& registry);

  std::size_t most_bytes() const { return most_bytes_; }
  void Sealed(bool request_cut, bool answer_cut) const;
  void Failed() const { failed_.Increment(); }

 private:
  const std::size_t most_bytes_;
  prometheus::Counter& sealed_;
  prometheus::Counter& failed_;
  prometheus::Counter& requests_cut_;
  prometheus::Counter& answers_cut_;
};

// The content of one generation of a tenant that opted in: the request as it goes to providers, with what is kept back
// from them taken out, and the answer before that is put back. Without a key it does nothing and has nothing.
//
// Belongs to the generation and its worker; the rules outlive it, and the request's body until Seal(). Never in clear
// anywhere but in this memory.
class Content {
 public:
  explicit Content(const ContentRules& rules) : rules_(rules) {}

  // Begins to keep, for the reader with this public key; nothing is kept if it is empty.
  void Begin(const std::string& public_key, std::string_view request);
  // A piece of the answer.
  void Add(std::string_view answer);
  // What there is, sealed for the reader under the reservation's id; empty without a key. A key that can't be used,
  // which only somebody's hands can have put into the database, is counted and logged: then the content is lost, not
  // the usage.
  std::string Seal(const Record& record);

 private:
  const ContentRules& rules_;
  std::string public_key_;
  std::string_view request_;
  std::string answer_;
  std::uint64_t answer_bytes_ = 0;
};

}  // namespace wayleave::gateway
