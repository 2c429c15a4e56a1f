#include "deploy/backup.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "auth-service/store/sqlite.h"
#include "base/crypto/encoding.h"
#include "base/crypto/random.h"

namespace wayleave::deploy {
namespace {

constexpr const char* kKeyFiles[] = {"secret", "audit.key", "audit-checkpoints.jsonl"};

Error Failed(const std::string& what, const std::string& path) {
  const Code code = errno == EEXIST ? Code::kAlreadyExists : Code::kUnavailable;
  return Error{code, what + " " + path + ": " + std::strerror(errno)};
}

// Whether a file, or a directory's list of files, is on disk.
Status Sync(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = fd >= 0 && fsync(fd) == 0;
  const Error failure = Failed("can't sync", path);
  if (fd >= 0) close(fd);
  return synced ? Status() : failure;
}

std::string DirectoryOf(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

Status IsSound(const std::string& path) {
  Result<auth::Database> copy = auth::OpenSqlite(path, auth::SqliteMode::kReadOnly);
  if (!copy) return std::move(copy).error();
  Result<auth::Statement> check = copy->Prepare("PRAGMA quick_check(1)");
  if (!check) return std::move(check).error();
  const Result<bool> row = check->Step();
  if (!row) return row.error();
  if (*row && check->TextAt(0) == "ok") return {};
  return Error{Code::kDataLoss, "the database is damaged, and so would be its copy: look for an older backup"};
}

// link() refuses to replace what is there.
Status Publish(const std::string& draft, const std::string& path) {
  if (Status synced = Sync(draft); !synced) return synced;
  if (link(draft.c_str(), path.c_str()) != 0) return Failed("can't make", path);
  return Sync(DirectoryOf(path));
}

Status CopyDatabase(const std::string& from, const std::string& to) {
  const std::string draft = to + "." + crypto::Hex(crypto::RandomBytes(4)) + ".part";
  Status done = auth::CopySqlite(from, draft);
  if (done) done = IsSound(draft);
  if (done) done = Publish(draft, to);
  for (const char* ending : {"", "-wal", "-shm", "-journal"}) unlink((draft + ending).c_str());
  return done;
}

Status CopyKeys(const std::string& state_dir, const std::string& to, std::vector<std::string>& written) {
  if (mkdir(to.c_str(), 0700) != 0) return Failed("can't make", to);
  for (const char* name : kKeyFiles) {
    std::ifstream file(state_dir + "/" + name, std::ios::binary);
    if (!file) continue;  // the configuration has its own secret, or no server ever ran
    const std::string contents{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (Status copied = WriteNewFile(to + "/" + name, contents); !copied) return copied;
    written.push_back(to + "/" + name);
  }
  return Sync(DirectoryOf(to));
}

}  // namespace

Status WriteNewFile(const std::string& path, const std::string& contents) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return Failed("can't make", path);
  const ssize_t size = static_cast<ssize_t>(contents.size());
  const bool written = write(fd, contents.data(), contents.size()) == size && fsync(fd) == 0;
  const Error failure = Failed("can't write", path);
  close(fd);
  if (!written) {
    unlink(path.c_str());
    return failure;
  }
  return Sync(DirectoryOf(path));
}

Result<std::vector<std::string>> BackUp(const std::string& state_dir, const std::string& to, bool keys) {
  const std::string from = state_dir + "/auth.db";
  std::error_code ignored;
  if (!std::filesystem::exists(from, ignored)) {
    return Error{Code::kNotFound,
                 "there is no database in " + state_dir + "; --state-dir or --config names another place"};
  }
  for (const std::string& path : {to, to + ".keys"}) {
    if (std::filesystem::exists(path, ignored))
      return Error{Code::kAlreadyExists, path + " exists already; name a new file"};
  }
  std::vector<std::string> written{to};
  if (keys) {
    if (Status copied = CopyKeys(state_dir, to + ".keys", written); !copied) return std::move(copied).error();
  }
  if (Status copied = CopyDatabase(from, to); !copied) return std::move(copied).error();
  return written;
}

}  // namespace wayleave::deploy
