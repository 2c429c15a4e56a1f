#include "auth-service/audit/checkpoint_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <utility>

namespace wayleave::auth::audit {
namespace {

constexpr std::string_view kBeginning = "{\"chain\":";
constexpr off_t kMaxTail = 64 * 1024;
constexpr std::size_t kMaxProblems = 1000;

Error Failed(const std::string& what, const std::string& path) {
  return Error{Code::kUnavailable, what + " " + path + ": " + std::strerror(errno)};
}

struct Descriptor {
  explicit Descriptor(int number) : fd(number) {}
  ~Descriptor() {
    if (fd >= 0) close(fd);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  const int fd;
};

bool Lock(int fd) {
  while (flock(fd, LOCK_EX) != 0) {
    if (errno != EINTR) return false;
  }
  return true;
}

bool WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// What stands after the last line break; nothing if that is more than a line can have.
std::string Tail(int fd, off_t size) {
  std::string tail(static_cast<std::size_t>(std::min(size, kMaxTail)), '\0');
  const ssize_t read = pread(fd, tail.data(), tail.size(), size - static_cast<off_t>(tail.size()));
  if (read != static_cast<ssize_t>(tail.size())) return {};
  const std::size_t end = tail.rfind('\n');
  if (end == std::string::npos) return size > kMaxTail ? std::string() : tail;
  return tail.substr(end + 1);
}

// Only what can be the beginning of a line of ours, or what a file system leaves where it had no time to write.
bool IsTorn(std::string_view tail) {
  if (FromJsonLine(tail, 0)) return false;
  return tail.substr(0, kBeginning.size()) == kBeginning.substr(0, tail.size()) ||
         tail.find_first_not_of('\0') == std::string_view::npos;
}

// Makes the file end with a whole line. What is not ours is never cut but ended.
bool Mend(int fd, off_t& size) {
  char last = '\n';
  if (size > 0 && pread(fd, &last, 1, size - 1) != 1) return false;
  if (last == '\n') return true;
  const std::string tail = Tail(fd, size);
  if (!tail.empty() && IsTorn(tail)) {
    size -= static_cast<off_t>(tail.size());
    return ftruncate(fd, size) == 0;
  }
  ++size;
  return WriteAll(fd, "\n");
}

// A file that was just made is there after a power failure only if its directory is on disk.
bool SyncDirectoryOf(const std::string& path) {
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  const Descriptor directory(open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return directory.fd >= 0 && fsync(directory.fd) == 0;
}

void Add(CheckpointFile::Contents& contents, Result<Checkpoint> read, bool ended) {
  if (read) {
    contents.checkpoints.push_back(std::move(*read));
  } else if (!ended) {
    contents.torn = true;
  } else if (++contents.problem_count <= static_cast<std::int64_t>(kMaxProblems)) {
    contents.problems.push_back(std::move(read.error().message));
  }
}

}  // namespace

CheckpointFile::CheckpointFile(std::string path) : path_(std::move(path)) {}

Status CheckpointFile::Append(const Checkpoint& checkpoint) const {
  const Descriptor file(open(path_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
  struct stat facts;
  if (file.fd < 0 || fstat(file.fd, &facts) != 0) return Failed("can't open", path_);
  if (!S_ISREG(facts.st_mode)) {
    return Error{Code::kFailedPrecondition, path_ + " is no regular file: move it out of the way"};
  }
  // Its size only counts once it is locked.
  if (!Lock(file.fd) || fstat(file.fd, &facts) != 0) return Failed("can't lock", path_);
  off_t size = facts.st_size;
  if (!Mend(file.fd, size)) return Failed("can't mend the end of", path_);
  if (!WriteAll(file.fd, ToJsonLine(checkpoint) + "\n")) {
    const Error failure = Failed("can't write", path_);
    if (ftruncate(file.fd, size) != 0) return failure;  // then the next call finds a torn line
    return failure;
  }
  if (fsync(file.fd) != 0 || (size == 0 && !SyncDirectoryOf(path_))) return Failed("can't sync", path_);
  return {};
}

Result<CheckpointFile::Contents> CheckpointFile::Read() const {
  std::error_code problem;
  const auto status = std::filesystem::status(path_, problem);
  if (!std::filesystem::exists(status)) return Error{Code::kNotFound, "there is no file " + path_};
  std::ifstream file(path_, std::ios::binary);
  if (!std::filesystem::is_regular_file(status) || !file) {
    return Error{Code::kFailedPrecondition, "can't read " + path_ + ": make it a file that this user may read"};
  }
  Contents contents;
  std::string line;
  for (std::int64_t number = 1; std::getline(file, line); ++number) {
    Add(contents, FromJsonLine(line, number), !file.eof());
  }
  if (file.bad()) return Failed("can't read", path_);
  return contents;
}

}  // namespace wayleave::auth::audit
