#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "auth-service/audit/chain.h"
#include "auth-service/audit/checkpoint.h"
#include "auth-service/audit/verify.h"
#include "base/crypto/ed25519.h"

namespace wayleave::auth::audit {

inline crypto::SigningKey KeyOf(char seed) { return crypto::SigningKey::FromSeed(std::string(32, seed)).value(); }

inline StoredRecord RecordOf(const std::string& chain, const Link& link, std::string body) {
  return {chain, link.sequence, std::move(body), link.hash};
}

// Records 1 to `count` of a chain, as the store would have them.
inline std::vector<StoredRecord> RecordsOf(const std::string& id, int count) {
  Chain chain(id);
  std::vector<StoredRecord> records;
  for (int i = 1; i <= count; ++i) {
    std::string body = "body " + std::to_string(i);
    const Link link = chain.Append(body);
    records.push_back(RecordOf(id, link, std::move(body)));
  }
  return records;
}

inline Link LinkOf(const StoredRecord& record) { return {record.sequence, record.hash}; }

inline Checkpoint CheckpointAt(const StoredRecord& record, const crypto::SigningKey& key) {
  return SignCheckpoint(record.chain, LinkOf(record), 1'800'000'000'000'000'000 + record.sequence, key);
}

// Computes the hashes of the records `from` to `to` anew, as somebody does who has the database but not the key.
inline void HashAnew(std::vector<StoredRecord>& records, std::size_t from, std::size_t to) {
  for (std::size_t i = from; i <= to; ++i) {
    const crypto::Digest previous = i == 0 ? crypto::Digest{} : records[i - 1].hash;
    records[i].hash = HashOf(records[i].chain, records[i].sequence, previous, records[i].body);
  }
}

inline Report Verify(const std::vector<StoredRecord>& records, std::vector<Checkpoint> known,
                     const crypto::SigningKey& trusted) {
  Verifier verifier(std::move(known), {trusted.PublicKey()});
  for (const StoredRecord& record : records) verifier.Feed(record);
  return verifier.Finish();
}

}  // namespace wayleave::auth::audit
