// What the audit chain costs: writing, and verifying a million records of about 300 bytes in four chains, a
// checkpoint for every thousand. One thread; needs 700 MB. Prints a line for each step.

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "auth-service/audit/chain.h"
#include "auth-service/audit/checkpoint.h"
#include "auth-service/audit/record.h"
#include "auth-service/audit/verify.h"
#include "base/crypto/ed25519.h"

namespace {

using namespace wayleave;
using namespace wayleave::auth::audit;

constexpr int kRecords = 1'000'000;
constexpr int kChains = 4;
constexpr int kBetweenCheckpoints = 1000;

template <class Step>
void Measure(const char* what, int count, Step step) {
  const auto start = std::chrono::steady_clock::now();
  step();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf("%-28s %8d in %6.3f s: %10.0f/s\n", what, count, seconds, count / seconds);
}

AuditEvent EventOf(int i) {
  AuditEvent event;
  event.at_nanos = 1'800'000'000'000'000'000 + i * std::int64_t{1'000'000};
  event.kind = "request";
  event.actor = "key_3f9a01c2";
  event.action = "request";
  event.tenant = "research";
  event.subject = "req_0199a21381c078008aa1bbab2a" + std::to_string(100'000 + i % 100'000);
  event.details = {{"endpoint", "responses"}, {"model", "gpt-5-codex"}, {"outcome", "completed"}, {"status", "200"}};
  return event;
}

std::vector<StoredRecord> Write() {
  std::vector<Chain> chains;
  for (int i = 0; i < kChains; ++i) chains.emplace_back("auth_3f9a01c" + std::to_string(i));
  std::vector<StoredRecord> records(kRecords);
  Measure("bodies written as JSON", kRecords, [&] {
    for (int i = 0; i < kRecords; ++i) records[static_cast<std::size_t>(i)].body = ToBody(EventOf(i));
  });
  Measure("records appended", kRecords, [&] {
    for (std::size_t i = 0; i < records.size(); ++i) {
      Chain& chain = chains[i % kChains];
      const Link link = chain.Append(records[i].body);
      records[i].chain = chain.id();
      records[i].sequence = link.sequence;
      records[i].hash = link.hash;
    }
  });
  return records;
}

std::vector<Checkpoint> Sign(const std::vector<StoredRecord>& records, const crypto::SigningKey& key) {
  std::vector<Checkpoint> checkpoints;
  Measure("checkpoints signed", kRecords / kBetweenCheckpoints, [&] {
    for (std::size_t i = kBetweenCheckpoints - 1; i < records.size(); i += kBetweenCheckpoints) {
      checkpoints.push_back(SignCheckpoint(records[i].chain, {records[i].sequence, records[i].hash}, 1, key));
    }
  });
  return checkpoints;
}

bool Verify(const std::vector<StoredRecord>& records, std::vector<Checkpoint> checkpoints, const std::string& key) {
  Report report;
  const int signed_count = static_cast<int>(checkpoints.size());
  std::optional<Verifier> verifier;
  Measure("checkpoints checked", signed_count, [&] {
    verifier.emplace(std::move(checkpoints), std::vector<std::string>{key});
  });
  Measure("records verified", kRecords, [&] {
    for (const StoredRecord& record : records) verifier->Feed(record);
    report = verifier->Finish();
  });
  return report.ok() && report.records == kRecords;
}

}  // namespace

int main() {
  const crypto::SigningKey key = crypto::SigningKey::FromSeed(std::string(crypto::kSeedBytes, 'k')).value();
  std::vector<StoredRecord> records = Write();
  std::printf("a body has %zu bytes\n", records[0].body.size());
  const std::vector<Checkpoint> checkpoints = Sign(records, key);
  if (!Verify(records, checkpoints, key.PublicKey())) {
    std::puts("an untouched chain was refused");
    return 1;
  }
  records[records.size() / 2].body.back() = ' ';
  if (Verify(records, checkpoints, key.PublicKey())) {
    std::puts("a change was not found");
    return 1;
  }
  return 0;
}
