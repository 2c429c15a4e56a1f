#include "deploy/first_key.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cstdlib>

#include "base/crypto/secret_file.h"

namespace wayleave::deploy {

bool WritesToJournal() {
  const char* journal = std::getenv("JOURNAL_STREAM");
  struct stat info {};
  if (!journal || fstat(2, &info) != 0) return false;
  return fmt::format("{}:{}", info.st_dev, info.st_ino) == journal;
}

Result<std::string> KeepFirstKey(const std::string& state_dir, const std::string& key) {
  const std::string path = state_dir + "/first-key";
  if (Status written = crypto::WriteNewSecret(path, key); !written) return std::move(written).error();
  return path;
}

}  // namespace wayleave::deploy
