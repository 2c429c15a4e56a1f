#include "base/state/state_dir.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

namespace wayleave::state {
namespace {

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::string Home() {
  if (std::string home = Environment("HOME"); !home.empty()) return home;
  const passwd* user = getpwuid(getuid());
  return user ? user->pw_dir : ".";
}

Error Failed(const std::string& what, const std::string& path, int number) {
  return Error{Code::kFailedPrecondition, what + " " + path + ": " + std::strerror(number)};
}

}  // namespace

std::string Directory(const std::string& configured) {
  if (!configured.empty()) return configured;
  if (std::string given = Environment("WAYLEAVE_STATE_DIR"); !given.empty()) return given;
  if (std::string xdg = Environment("XDG_STATE_HOME"); !xdg.empty()) return xdg + "/wayleave";
  return Home() + "/.local/state/wayleave";
}

Status MakePrivateDirectory(const std::string& path) {
  std::error_code problem;
  const std::filesystem::path parent = std::filesystem::path(path).lexically_normal().parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent, problem);
  if (problem) return Failed("can't create", parent.string(), problem.value());
  if (mkdir(path.c_str(), 0700) == 0) return {};
  const int number = errno;
  if (number == EEXIST && std::filesystem::is_directory(path, problem)) return {};
  return Failed("can't create", path, number);
}

FileLock::FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

FileLock::~FileLock() {
  if (fd_ >= 0) close(fd_);
}

Result<FileLock> FileLock::Try(const std::string& path) { return Take(path, LOCK_EX | LOCK_NB); }
Result<FileLock> FileLock::Wait(const std::string& path) { return Take(path, LOCK_EX); }

Result<FileLock> FileLock::Take(const std::string& path, int operation) {
  FileLock lock;
  lock.fd_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock.fd_ < 0) return Failed("can't open", path, errno);
  while (flock(lock.fd_, operation) != 0) {
    if (errno == EINTR) continue;
    if (errno == EWOULDBLOCK) return Error{Code::kFailedPrecondition, path + " is locked by another process"};
    return Failed("can't lock", path, errno);
  }
  return lock;
}

}  // namespace wayleave::state
