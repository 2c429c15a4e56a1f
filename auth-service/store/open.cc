#include "auth-service/store/open.h"

#include <optional>
#include <string_view>
#include <utility>

#include "base/crypto/encoding.h"
#include "base/crypto/secret_file.h"
#include "base/state/state_dir.h"

namespace wayleave::auth {
namespace {

constexpr std::size_t kSecretBytes = 32;
// Before a secret that no text can hold as it is, for example the one of a state directory.
constexpr std::string_view kEncoded = "base64:";

Result<std::string> Decoded(const std::string& written) {
  if (!written.starts_with(kEncoded)) return written;
  std::optional<std::string> secret = crypto::FromBase64(written.substr(kEncoded.size()));
  if (secret && secret->size() >= kSecretBytes) return std::move(*secret);
  return Error{
      Code::kInvalidArgument,
      "auth.key_secret: behind `base64:` there must be 32 bytes or more, as `openssl rand -base64 32` writes them"};
}

}  // namespace

Result<std::unique_ptr<SqlStore>> OpenStore(const Config& config, metrics::Registry& registry) {
  const std::string directory = state::Directory(config.state_dir);
  if (Status made = state::MakePrivateDirectory(directory); !made) return std::move(made).error();
  return config.database.empty() ? SqlStore::OpenSqlite(directory, registry)
                                 : SqlStore::OpenPostgres(config.database, registry);
}

Result<std::string> KeySecret(const Config& config) {
  if (!config.key_secret.empty()) return Decoded(config.key_secret);
  return crypto::ReadOrMakeSecret(state::Directory(config.state_dir) + "/secret", kSecretBytes);
}

}  // namespace wayleave::auth
