#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace wayleave::gateway {

// A place in the journal: the bytes before `offset` of a segment, and all segments before that one.
struct JournalPosition {
  std::uint64_t segment = 0;
  std::uint64_t offset = 0;
  auto operator<=>(const JournalPosition&) const = default;
};

// One file of the journal. Its size counts whole records; what a failed write left behind it is overwritten
// by the next one. Append belongs to one thread at a time; Read and Sync may run beside it.
class JournalSegment {
 public:
  static Result<std::shared_ptr<JournalSegment>> Create(const std::string& directory, std::uint64_t number);
  // The file's size at first; see Cut().
  static Result<std::shared_ptr<JournalSegment>> Open(const std::string& directory, std::uint64_t number);
  // The numbers of the segments that exist, ascending.
  static std::vector<std::uint64_t> List(const std::string& directory);

  JournalSegment(std::string path, std::uint64_t number, int fd, std::uint64_t size);
  ~JournalSegment();
  JournalSegment(const JournalSegment&) = delete;
  JournalSegment& operator=(const JournalSegment&) = delete;

  std::uint64_t number() const { return number_; }
  std::uint64_t size() const { return size_; }
  const std::string& path() const { return path_; }

  // With one write(). A failure changes nothing.
  Status Append(std::string_view bytes);
  // Fewer bytes than asked for at the end.
  Result<std::string> Read(std::uint64_t offset, std::size_t bytes) const;
  Status Sync() const;
  // Ends the segment after `size` bytes: the rest is a record that was never finished.
  void Cut(std::uint64_t size);
  // The same for a rest that was whole once: the file stays as it is, under a second name for people to look at.
  void SetAside(std::uint64_t size);
  void Delete() const;

 private:
  const std::string path_;
  const std::uint64_t number_;
  const int fd_;
  std::uint64_t size_;
};

// Puts on disk which files there are.
Status SyncDirectory(const std::string& directory);

// How far the journal was acknowledged, in a small file. Losing its last value costs repeats, which are
// recognised; so it is checked, and not synchronised.
class JournalMark {
 public:
  static Result<std::unique_ptr<JournalMark>> Open(const std::string& path);
  explicit JournalMark(int fd) : fd_(fd) {}
  ~JournalMark();
  JournalMark(const JournalMark&) = delete;
  JournalMark& operator=(const JournalMark&) = delete;

  // The beginning of everything when there is none or it is damaged.
  JournalPosition Load() const;
  Status Save(JournalPosition position) const;

 private:
  const int fd_;
};

}  // namespace wayleave::gateway
