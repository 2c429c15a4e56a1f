#include "auth-service/audit/checkpoint.h"

#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "auth-service/audit/framing.h"
#include "base/crypto/encoding.h"

namespace wayleave::auth::audit {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kPrefix = "wayleave audit checkpoint 1\n";
constexpr std::size_t kMaxLine = 64 * 1024;

std::string SignedBytes(const Checkpoint& checkpoint) {
  std::string bytes(kPrefix);
  AppendSized(bytes, checkpoint.chain);
  AppendNumber(bytes, checkpoint.sequence);
  bytes += crypto::AsView(checkpoint.hash);
  AppendNumber(bytes, checkpoint.at_nanos);
  AppendNumber(bytes, checkpoint.pruned ? 1 : 0);
  AppendSized(bytes, checkpoint.public_key);
  return bytes;
}

Checkpoint Signed(Checkpoint checkpoint, const crypto::SigningKey& key) {
  checkpoint.public_key = key.PublicKey();
  checkpoint.signature = key.Sign(SignedBytes(checkpoint));
  return checkpoint;
}

int DigitOf(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool ReadHash(const Json& value, crypto::Digest& hash) {
  if (!value.is_string()) return false;
  const auto& text = value.get_ref<const std::string&>();
  if (text.size() != 2 * hash.size()) return false;
  for (std::size_t i = 0; i < hash.size(); ++i) {
    const int high = DigitOf(text[2 * i]);
    const int low = DigitOf(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    hash[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return true;
}

bool ReadBytes(const Json& value, std::size_t length, std::string& bytes) {
  if (!value.is_string()) return false;
  std::optional<std::string> read = crypto::FromBase64(value.get_ref<const std::string&>());
  if (!read || read->size() != length) return false;
  bytes = std::move(*read);
  return true;
}

bool ReadNumber(const Json& value, std::int64_t& number) {
  if (!value.is_number_integer()) return false;
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > kMax) return false;
  number = value.get<std::int64_t>();
  return true;
}

bool ReadName(const Json& value, std::string& name) {
  if (!value.is_string() || value.get_ref<const std::string&>().empty()) return false;
  name = value.get<std::string>();
  return true;
}

bool ReadFlag(const Json& value, bool& flag) {
  if (value.is_null()) return true;  // not there: no
  if (!value.is_boolean()) return false;
  flag = value.get<bool>();
  return true;
}

// The first member that is missing or makes no sense, or nullptr.
const char* Read(const Json& json, Checkpoint& into) {
  const auto member = [&json](const char* name) { return json.value(name, Json()); };
  if (!ReadName(member("chain"), into.chain)) return "chain";
  if (!ReadNumber(member("sequence"), into.sequence) || into.sequence < 1) return "sequence";
  if (!ReadHash(member("hash"), into.hash)) return "hash";
  if (!ReadNumber(member("at_nanos"), into.at_nanos)) return "at_nanos";
  if (!ReadFlag(member("pruned"), into.pruned)) return "pruned";
  if (!ReadBytes(member("public_key"), crypto::kPublicKeyBytes, into.public_key)) return "public_key";
  if (!ReadBytes(member("signature"), crypto::kSignatureBytes, into.signature)) return "signature";
  return nullptr;
}

Error Bad(std::int64_t line_number, const std::string& what) {
  return Error{Code::kDataLoss,
               "line " + std::to_string(line_number) + " is no checkpoint, " + what + ": compare it with a copy"};
}

}  // namespace

Checkpoint SignCheckpoint(const std::string& chain, const Link& link, std::int64_t at_nanos,
                          const crypto::SigningKey& key) {
  return Signed(Checkpoint{chain, link.sequence, link.hash, at_nanos, {}, {}, false}, key);
}

Checkpoint SignAnchor(const std::string& chain, const Link& last_removed, std::int64_t at_nanos,
                      const crypto::SigningKey& key) {
  return Signed(Checkpoint{chain, last_removed.sequence, last_removed.hash, at_nanos, {}, {}, true}, key);
}

bool HasGoodSignature(const Checkpoint& checkpoint) {
  return crypto::VerifySignature(checkpoint.public_key, SignedBytes(checkpoint), checkpoint.signature);
}

std::string ToJsonLine(const Checkpoint& checkpoint) {
  nlohmann::ordered_json json = {{"chain", checkpoint.chain},
                                 {"sequence", checkpoint.sequence},
                                 {"hash", crypto::Hex(crypto::AsView(checkpoint.hash))},
                                 {"at_nanos", checkpoint.at_nanos}};
  if (checkpoint.pruned) json["pruned"] = true;
  json["public_key"] = crypto::Base64(checkpoint.public_key);
  json["signature"] = crypto::Base64(checkpoint.signature);
  return json.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
}

Result<Checkpoint> FromJsonLine(std::string_view line, std::int64_t line_number) {
  if (line.size() > kMaxLine) return Bad(line_number, "it has more than 64 KiB");
  const Json json = Json::parse(line.begin(), line.end(), nullptr, false);
  if (!json.is_object()) return Bad(line_number, "it is no JSON object");
  Checkpoint checkpoint;
  if (const char* wrong = Read(json, checkpoint)) {
    return Bad(line_number, std::string("\"") + wrong + "\" is missing or makes no sense");
  }
  return checkpoint;
}

}  // namespace wayleave::auth::audit
