#include "gateway/journal_record.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "base/text/utf8.h"

namespace wayleave::gateway {
namespace {

using auth::v1::Settlement;

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

struct Text {
  const std::string& (Settlement::*get)() const;
  std::string* (Settlement::*edit)();
};

constexpr std::array<Text, 9> kTexts = {{
    {&Settlement::reservation_id, &Settlement::mutable_reservation_id},
    {&Settlement::request_id, &Settlement::mutable_request_id},
    {&Settlement::tenant, &Settlement::mutable_tenant},
    {&Settlement::user, &Settlement::mutable_user},
    {&Settlement::key_id, &Settlement::mutable_key_id},
    {&Settlement::endpoint, &Settlement::mutable_endpoint},
    {&Settlement::model, &Settlement::mutable_model},
    {&Settlement::provider, &Settlement::mutable_provider},
    {&Settlement::upstream_model, &Settlement::mutable_upstream_model},
}};
constexpr std::size_t kMaxText = 4096;
constexpr std::size_t kMaxFacts = 16 << 10;
static_assert(kTexts.size() * (kMaxText + 8) + kMaxFacts + kMaxJournaledContent + 1024 < kMaxRecordBytes);

bool Fits(const Settlement& settlement) {
  if (settlement.route_facts().size() > kMaxFacts || settlement.content().size() > kMaxJournaledContent) return false;
  return std::all_of(kTexts.begin(), kTexts.end(), [&](const Text& text) {
    const std::string& value = (settlement.*text.get)();
    return value.size() <= kMaxText && text::IsUtf8(value);
  });
}

Settlement MadeToFit(Settlement settlement) {
  if (settlement.route_facts().size() > kMaxFacts) settlement.clear_route_facts();
  if (settlement.content().size() > kMaxJournaledContent) settlement.clear_content();
  for (const Text& text : kTexts) {
    std::string& value = *(settlement.*text.edit)();
    if (value.size() > kMaxText) value.resize(kMaxText);
    if (text::IsUtf8(value)) continue;
    std::replace_if(value.begin(), value.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
  }
  return settlement;
}

bool IsKind(char byte) {
  const auto kind = static_cast<JournalRecord::Kind>(byte);
  return kind == JournalRecord::Kind::kOpen || kind == JournalRecord::Kind::kClose;
}

}  // namespace

std::string Encode(JournalRecord::Kind kind, std::int64_t written_at, const Settlement& settlement) {
  std::string bytes(kHeader + kBodyPrefix, '\0');
  Fits(settlement) ? settlement.AppendToString(&bytes) : MadeToFit(settlement).AppendToString(&bytes);
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
