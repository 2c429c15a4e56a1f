#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wayleave/auth/v1/auth.pb.h"

namespace wayleave::gateway {

// One record of the usage journal: length, CRC-32, then kind, time and a serialised Settlement. Numbers are
// little-endian. What was cut off or damaged fails its check and ends the reading.
struct JournalRecord {
  enum class Kind : std::uint8_t { kOpen = 1, kClose = 2 };

  Kind kind = Kind::kOpen;
  // When it was written, in nanoseconds since 1970.
  std::int64_t written_at = 0;
  auth::v1::Settlement settlement;
};

// Sealed content of more bytes is not journaled.
inline constexpr std::size_t kMaxJournaledContent = (std::size_t{2} << 20) + (16 << 10);
// No record is longer; a reader with a buffer of this size always sees a whole one.
inline constexpr std::size_t kMaxRecordBytes = kMaxJournaledContent + (64 << 10);

// Texts are cut at 4 KiB, facts of a decision that are longer than 16 KiB and content that is too long are left out, and bytes that are no UTF-8 become question marks: some come from clients, and a
// record that can't be read back would be the end of the journal.
std::string Encode(JournalRecord::Kind kind, std::int64_t written_at, const auth::v1::Settlement& settlement);

// Takes the first record off `bytes`. False, with `bytes` as they were, when there is no whole and undamaged one.
bool Decode(std::string_view& bytes, JournalRecord& record);

}  // namespace wayleave::gateway
