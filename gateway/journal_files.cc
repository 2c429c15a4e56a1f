#include "gateway/journal_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace wayleave::gateway {
namespace {

constexpr std::string_view kSuffix = ".log";

Error Failed(const std::string& what, const std::string& path) {
  return Error{Code::kUnavailable, what + " " + path + ": " + std::strerror(errno)};
}

std::string PathOf(const std::string& directory, std::uint64_t number) {
  std::array<char, 32> name;
  std::snprintf(name.data(), name.size(), "/%016llx", static_cast<unsigned long long>(number));
  return directory + name.data() + std::string(kSuffix);
}

bool ParseName(std::string_view name, std::uint64_t& number) {
  if (!name.ends_with(kSuffix)) return false;
  name.remove_suffix(kSuffix.size());
  const auto [end, problem] = std::from_chars(name.data(), name.data() + name.size(), number, 16);
  return problem == std::errc() && end == name.data() + name.size();
}

struct MarkBytes {
  std::uint64_t segment = 0;
  std::uint64_t offset = 0;
  std::uint64_t checksum = 0;
};

std::uint64_t Checksum(const MarkBytes& mark) {
  return crc32_z(0, reinterpret_cast<const Bytef*>(&mark), offsetof(MarkBytes, checksum));
}

}  // namespace

Result<std::shared_ptr<JournalSegment>> JournalSegment::Create(const std::string& directory, std::uint64_t number) {
  const std::string path = PathOf(directory, number);
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return Failed("can't create", path);
  return std::make_shared<JournalSegment>(path, number, fd, 0);
}

Result<std::shared_ptr<JournalSegment>> JournalSegment::Open(const std::string& directory, std::uint64_t number) {
  const std::string path = PathOf(directory, number);
  const int fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return Failed("can't open", path);
  struct stat facts = {};
  fstat(fd, &facts);
  return std::make_shared<JournalSegment>(path, number, fd, static_cast<std::uint64_t>(facts.st_size));
}

std::vector<std::uint64_t> JournalSegment::List(const std::string& directory) {
  std::vector<std::uint64_t> numbers;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(directory, ignored)) {
    std::uint64_t number = 0;
    if (ParseName(entry.path().filename().string(), number)) numbers.push_back(number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

JournalSegment::JournalSegment(std::string path, std::uint64_t number, int fd, std::uint64_t size)
    : path_(std::move(path)), number_(number), fd_(fd), size_(size) {}

JournalSegment::~JournalSegment() { close(fd_); }

Status JournalSegment::Append(std::string_view bytes) {
  const ssize_t written = pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(size_));
  if (written >= 0 && written != static_cast<ssize_t>(bytes.size())) errno = ENOSPC;
  if (written != static_cast<ssize_t>(bytes.size())) return Failed("can't write to", path_);
  size_ += bytes.size();
  return {};
}

Result<std::string> JournalSegment::Read(std::uint64_t offset, std::size_t bytes) const {
  std::string buffer(bytes, '\0');
  std::size_t got = 0;
  while (got < bytes) {
    const ssize_t count = pread(fd_, buffer.data() + got, bytes - got, static_cast<off_t>(offset + got));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Failed("can't read", path_);
    if (count == 0) break;
    got += static_cast<std::size_t>(count);
  }
  buffer.resize(got);
  return buffer;
}

Status JournalSegment::Sync() const {
  if (fdatasync(fd_) != 0) return Failed("can't synchronise", path_);
  return {};
}

void JournalSegment::Cut(std::uint64_t size) {
  size_ = size;
  // Without it the rest only stays behind as what it is: something that fails its check.
  [[maybe_unused]] const int cut = ftruncate(fd_, static_cast<off_t>(size));
}

void JournalSegment::SetAside(std::uint64_t size) {
  size_ = size;
  [[maybe_unused]] const int linked = link(path_.c_str(), (path_ + ".damaged").c_str());
}

void JournalSegment::Delete() const { unlink(path_.c_str()); }

Status SyncDirectory(const std::string& directory) {
  const int fd = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return Failed("can't open", directory);
  const bool synced = fsync(fd) == 0;
  const Error failure = Failed("can't synchronise", directory);
  close(fd);
  if (!synced) return failure;
  return {};
}

Result<std::unique_ptr<JournalMark>> JournalMark::Open(const std::string& path) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return Failed("can't open", path);
  return std::make_unique<JournalMark>(fd);
}

JournalMark::~JournalMark() { close(fd_); }

JournalPosition JournalMark::Load() const {
  MarkBytes mark;
  const ssize_t got = pread(fd_, &mark, sizeof(mark), 0);
  if (got != static_cast<ssize_t>(sizeof(mark)) || mark.checksum != Checksum(mark)) return {};
  return {mark.segment, mark.offset};
}

Status JournalMark::Save(JournalPosition position) const {
  MarkBytes mark{position.segment, position.offset, 0};
  mark.checksum = Checksum(mark);
  if (pwrite(fd_, &mark, sizeof(mark), 0) == static_cast<ssize_t>(sizeof(mark))) return {};
  return Failed("can't write", "the journal's mark");
}

}  // namespace wayleave::gateway
