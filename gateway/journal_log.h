#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "base/state/state_dir.h"
#include "gateway/journal_files.h"
#include "gateway/journal_record.h"
#include "wayleave/auth/v1/auth.pb.h"

namespace wayleave::gateway {

// The reason of the error when another process uses the directory.
inline constexpr char kJournalInUse[] = "journal_in_use";

// The journal's files: what was written and not yet acknowledged, in order, over restarts. No threads.
//
// Append may be called on any thread. Read and Acknowledge belong to one thread, Sync and WriteAgain to one.
// The directory is locked while the log lives.
class JournalLog {
 public:
  // What was found in the files.
  struct Recovered {
    std::int64_t pending = 0;
    std::int64_t interrupted = 0;
    std::uint64_t torn_bytes = 0;
    // Segments that were damaged before their end; what followed the damage is lost.
    int damaged_segments = 0;
  };
  struct Batch {
    std::vector<auth::v1::Settlement> settlements;
    // When the first of them was written, in nanoseconds since 1970.
    std::int64_t oldest = 0;
    JournalPosition end;
    // Whether that is further than what was acknowledged.
    bool moved = false;
    // There was more than one batch may have.
    bool more = false;
    // What stands between can't be read, and was passed over.
    bool damaged = false;
  };

  // Replays the directory, which is made if it is missing: cuts off a torn tail and closes what a killed
  // process left open, as INTERRUPTED. kFailedPrecondition when another process uses the directory.
  static Result<std::unique_ptr<JournalLog>> Open(const std::string& directory, std::uint64_t segment_bytes,
                                                  Recovered& found);

  // Fails when the disk does. A closing record is then kept, without the request's content, and WriteAgain() has
  // another try; of those that are too many the oldest is lost and counted.
  Status Append(JournalRecord::Kind kind, std::int64_t now, const auth::v1::Settlement& settlement);
  // How many closing records there are in memory still.
  std::size_t WriteAgain();

  // Up to `most` closed records after what was acknowledged, and no more than about a MiB unless a single one is
  // longer; an empty batch moves the end all the same.
  Result<Batch> Read(std::size_t most);
  // Everything before the batch's end is settled: remembers that, and deletes files that nobody needs.
  Status Acknowledge(const Batch& batch);

  // Puts on disk what was appended before the call.
  Status Sync();

  // Closed records that are not acknowledged, those in memory included.
  std::int64_t pending() const { return pending_; }
  std::int64_t lost() const { return lost_; }
  std::uint64_t bytes() const;

 private:
  struct Unwritten {
    std::string id;
    std::string bytes;
  };

  JournalLog(std::string directory, std::uint64_t segment_bytes, state::FileLock lock,
             std::unique_ptr<JournalMark> mark);
  Status Replay(Recovered& found);
  Status ReplaySegment(std::uint64_t number, bool last, std::unordered_map<std::string, auth::v1::Settlement>& open,
                       Recovered& found);
  void CloseInterrupted(std::unordered_map<std::string, auth::v1::Settlement>& open, Recovered& found);
  Status StartSegment(std::uint64_t number);

  // With the mutex held.
  Status Write(std::string_view bytes);
  void NoteOpen(const std::string& id, std::uint64_t segment);
  void NoteClose(const std::string& id);
  void Keep(std::string id, std::string bytes);
  void DeleteSettled();
  std::shared_ptr<JournalSegment> SegmentAt(JournalPosition& position, std::uint64_t& size) const;
  static void Take(std::string_view& bytes, std::size_t most, Batch& batch);

  const std::string directory_;
  const std::uint64_t segment_bytes_;
  const state::FileLock lock_;
  const std::unique_ptr<JournalMark> mark_;
  std::atomic<std::int64_t> pending_{0};
  std::atomic<std::int64_t> lost_{0};

  mutable std::mutex mutex_;
  std::map<std::uint64_t, std::shared_ptr<JournalSegment>> segments_;
  std::vector<std::shared_ptr<JournalSegment>> unsynced_;
  bool directory_changed_ = false;
  JournalPosition acknowledged_;
  // Which segment a request in flight was opened in. That file stays until the request is closed, because
  // only the open record tells of it should this process be killed.
  std::unordered_map<std::string, std::uint64_t> open_;
  std::map<std::uint64_t, std::size_t> open_in_segment_;
  std::deque<Unwritten> unwritten_;
};

}  // namespace wayleave::gateway
