#include "gateway/journal_record.h"

#include <zlib.h>

#include <bit>
#include <cstring>

namespace wayleave::gateway {
namespace {

static_assert(std::endian::native == std::endian::little, "the journal's numbers are written as they lie in memory");

constexpr std::size_t kHeader = 8;         // length, checksum
constexpr std::size_t kBodyPrefix = 1 + 8;  // kind, time

template <class T>
void Put(char* at, T value) {
  std::memcpy(at, &value, sizeof(value));
}

template <class T>
T Get(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof(value));
  return value;
}

std::uint32_t Checksum(std::string_view body) {
  return static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(body.data()), body.size()));
}

bool IsKind(char byte) {
  return byte == static_cast<char>(JournalRecord::Kind::kOpen) || byte == static_cast<char>(JournalRecord::Kind::kClose);
}

}  // namespace

std::string Encode(JournalRecord::Kind kind, std::int64_t written_at, const auth::v1::Settlement& settlement) {
  std::string bytes(kHeader + kBodyPrefix, '\0');
  settlement.AppendToString(&bytes);
  bytes[kHeader] = static_cast<char>(kind);
  Put(&bytes[kHeader + 1], written_at);
  const std::string_view body = std::string_view(bytes).substr(kHeader);
  Put(&bytes[0], static_cast<std::uint32_t>(body.size()));
  Put(&bytes[4], Checksum(body));
  return bytes;
}

bool Decode(std::string_view& bytes, JournalRecord& record) {
  if (bytes.size() < kHeader + kBodyPrefix) return false;
  const std::size_t length = Get<std::uint32_t>(bytes.data());
  if (length < kBodyPrefix || length > bytes.size() - kHeader) return false;
  const std::string_view body = bytes.substr(kHeader, length);
  if (Get<std::uint32_t>(bytes.data() + 4) != Checksum(body) || !IsKind(body[0])) return false;
  const std::string_view payload = body.substr(kBodyPrefix);
  if (!record.settlement.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) return false;
  record.kind = static_cast<JournalRecord::Kind>(body[0]);
  record.written_at = Get<std::int64_t>(body.data() + 1);
  bytes.remove_prefix(kHeader + length);
  return true;
}

}  // namespace wayleave::gateway
