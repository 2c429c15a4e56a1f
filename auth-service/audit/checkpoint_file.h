#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "auth-service/audit/checkpoint.h"
#include "base/result.h"

namespace wayleave::auth::audit {

// A file of checkpoints beside the database, a line each, so that cutting them from the database shows. Copy its
// lines to another machine as they come: who can write both the database and the file can cut both.
//
// Any thread and any number of processes: each call opens the file and locks it.
class CheckpointFile {
 public:
  struct Contents {
    std::vector<Checkpoint> checkpoints;
    // Lines that are none, the first thousand.
    std::vector<std::string> problems;
    std::int64_t problem_count = 0;
    // The last line was cut off by a crash while it was written; no problem.
    bool torn = false;
  };

  explicit CheckpointFile(std::string path);

  // On disk when it returns well; the file is made (mode 0600) if it is missing. A line that a crash cut off is
  // removed first. A failure leaves the file as it was, except that a failed sync leaves it unknown whether the line
  // is there: appending again is harmless.
  Status Append(const Checkpoint& checkpoint) const;

  // kNotFound if there is no file: worth a word where checkpoints were once written.
  Result<Contents> Read() const;

 private:
  std::string path_;
};

}  // namespace wayleave::auth::audit
