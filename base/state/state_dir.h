#pragma once

#include <string>

#include "base/result.h"

namespace wayleave::state {

// Where a program keeps what must survive it: `configured` unless empty, else $WAYLEAVE_STATE_DIR, else
// $XDG_STATE_HOME/wayleave, else ~/.local/state/wayleave. Touches nothing.
std::string Directory(const std::string& configured = {});

// Makes the directory, for its owner alone, and what is missing above it. One that exists stays as it is.
Status MakePrivateDirectory(const std::string& path);

// An advisory lock on a file, which is made (mode 0600) if it is missing and never removed. Held by the
// open file: a fork shares it, the end of the process, however it ends, releases it.
class FileLock {
 public:
  FileLock() = default;
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

  // kFailedPrecondition when somebody else holds it.
  static Result<FileLock> Try(const std::string& path);
  // Blocks until it is free.
  static Result<FileLock> Wait(const std::string& path);

 private:
  static Result<FileLock> Take(const std::string& path, int operation);
  int fd_ = -1;
};

}  // namespace wayleave::state
