#include "gateway/journal_log.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace wayleave::gateway {
namespace {

using Kind = JournalRecord::Kind;

constexpr std::size_t kMaxUnwritten = 10'000;
// What one batch is read from, unless a single record is longer: a message between the services has its bounds, too.
constexpr std::size_t kBatchBytes = std::size_t{1} << 20;

// Waiting in memory, usage comes first.
std::string WithoutContent(JournalRecord::Kind kind, std::int64_t now, auth::v1::Settlement settlement) {
  settlement.clear_content();
  return Encode(kind, now, settlement);
}

std::int64_t NanosNow() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

Result<std::unique_ptr<JournalLog>> JournalLog::Open(const std::string& directory, std::uint64_t segment_bytes,
                                                     Recovered& found) {
  if (Status made = state::MakePrivateDirectory(directory); !made) return std::move(made).error();
  Result<state::FileLock> lock = state::FileLock::Try(directory + "/lock");
  if (!lock) {
    return Error{Code::kFailedPrecondition,
                 lock.error().message + ": two gateways can't share a journal, give each its own gateway.journal.dir, or "
                                        "start both with --reuse-port",
                 kJournalInUse};
  }
  auto mark = JournalMark::Open(directory + "/acknowledged");
  if (!mark) return std::move(mark).error();
  std::unique_ptr<JournalLog> log(new JournalLog(directory, segment_bytes, std::move(*lock), std::move(*mark)));
  if (Status replayed = log->Replay(found); !replayed) return std::move(replayed).error();
  return log;
}

JournalLog::JournalLog(std::string directory, std::uint64_t segment_bytes, state::FileLock lock,
                       std::unique_ptr<JournalMark> mark)
    : directory_(std::move(directory)), segment_bytes_(segment_bytes), lock_(std::move(lock)), mark_(std::move(mark)) {}

Status JournalLog::Replay(Recovered& found) {
  std::lock_guard lock(mutex_);
  acknowledged_ = mark_->Load();
  const std::vector<std::uint64_t> numbers = JournalSegment::List(directory_);
  std::unordered_map<std::string, auth::v1::Settlement> open;
  for (const std::uint64_t number : numbers) {
    if (Status read = ReplaySegment(number, number == numbers.back(), open, found); !read) return read;
  }
  // Never again at or before the mark, even if the files that it speaks of are gone.
  const std::uint64_t last = std::max(numbers.empty() ? 0 : numbers.back(), acknowledged_.segment);
  if (Status started = StartSegment(last + 1); !started) return started;
  found.pending = pending_;
  CloseInterrupted(open, found);
  return {};
}

Status JournalLog::ReplaySegment(std::uint64_t number, bool last,
                                 std::unordered_map<std::string, auth::v1::Settlement>& open, Recovered& found) {
  auto segment = JournalSegment::Open(directory_, number);
  if (!segment) return std::move(segment).error();
  const std::uint64_t size = (*segment)->size();
  const Result<std::string> bytes = (*segment)->Read(0, size);
  if (!bytes) return bytes.error();
  std::string_view rest = *bytes;
  JournalRecord record;
  while (Decode(rest, record)) {
    const std::string& id = record.settlement.reservation_id();
    if (record.kind == Kind::kOpen) {
      NoteOpen(id, number);
      open[id] = std::move(record.settlement);
      continue;
    }
    NoteClose(id);
    open.erase(id);
    if (JournalPosition{number, size - rest.size()} > acknowledged_) ++pending_;
  }
  if (!rest.empty() && last) {
    found.torn_bytes += rest.size();
    (*segment)->Cut(size - rest.size());
  } else if (!rest.empty()) {
    ++found.damaged_segments;
    (*segment)->SetAside(size - rest.size());
  }
  segments_[number] = std::move(*segment);
  return {};
}

void JournalLog::CloseInterrupted(std::unordered_map<std::string, auth::v1::Settlement>& open, Recovered& found) {
  for (auto& [id, draft] : open) {
    draft.set_outcome(auth::v1::OUTCOME_INTERRUPTED);
    draft.set_estimated(true);
    std::string bytes = Encode(Kind::kClose, NanosNow(), draft);
    ++pending_;
    ++found.interrupted;
    if (Write(bytes)) {
      NoteClose(id);
    } else {
      Keep(id, std::move(bytes));
    }
  }
}

Status JournalLog::StartSegment(std::uint64_t number) {
  auto segment = JournalSegment::Create(directory_, number);
  if (!segment) return std::move(segment).error();
  segments_[number] = std::move(*segment);
  directory_changed_ = true;
  return {};
}

Status JournalLog::Append(Kind kind, std::int64_t now, const auth::v1::Settlement& settlement) {
  const std::string& id = settlement.reservation_id();
  if (id.empty()) return Error{Code::kInvalidArgument, "a settlement without a reservation_id can't be journalled"};
  std::string bytes = Encode(kind, now, settlement);
  std::lock_guard lock(mutex_);
  if (kind == Kind::kClose) ++pending_;
  if (Status written = Write(bytes); !written) {
    if (!settlement.content().empty()) bytes = WithoutContent(kind, now, settlement);
    if (kind == Kind::kClose) Keep(id, std::move(bytes));
    return written;
  }
  kind == Kind::kOpen ? NoteOpen(id, segments_.rbegin()->first) : NoteClose(id);
  return {};
}

Status JournalLog::Write(std::string_view bytes) {
  const auto& [number, current] = *segments_.rbegin();
  const bool full = current->size() > 0 && current->size() + bytes.size() > segment_bytes_;
  if (full) {
    if (Status started = StartSegment(number + 1); !started) return started;
  }
  const auto& segment = segments_.rbegin()->second;
  if (Status written = segment->Append(bytes); !written) return written;
  if (unsynced_.empty() || unsynced_.back() != segment) unsynced_.push_back(segment);
  return {};
}

void JournalLog::NoteOpen(const std::string& id, std::uint64_t segment) {
  NoteClose(id);
  open_[id] = segment;
  ++open_in_segment_[segment];
}

void JournalLog::NoteClose(const std::string& id) {
  const auto opened = open_.find(id);
  if (opened == open_.end()) return;
  const auto count = open_in_segment_.find(opened->second);
  if (--count->second == 0) open_in_segment_.erase(count);
  open_.erase(opened);
}

void JournalLog::Keep(std::string id, std::string bytes) {
  if (unwritten_.size() >= kMaxUnwritten) {
    unwritten_.pop_front();
    --pending_;
    ++lost_;
  }
  unwritten_.push_back({std::move(id), std::move(bytes)});
}

std::size_t JournalLog::WriteAgain() {
  std::lock_guard lock(mutex_);
  while (!unwritten_.empty() && Write(unwritten_.front().bytes)) {
    NoteClose(unwritten_.front().id);
    unwritten_.pop_front();
  }
  return unwritten_.size();
}

Result<JournalLog::Batch> JournalLog::Read(std::size_t most) {
  Batch batch;
  std::uint64_t size = 0;
  std::shared_ptr<JournalSegment> segment;
  JournalPosition start;
  {
    std::lock_guard lock(mutex_);
    batch.end = start = acknowledged_;
    segment = SegmentAt(batch.end, size);
  }
  const std::uint64_t left = size - batch.end.offset;
  std::uint64_t taken = 0;
  for (const std::size_t buffer : {kBatchBytes, kMaxRecordBytes}) {
    const Result<std::string> bytes = segment->Read(batch.end.offset, std::min<std::uint64_t>(left, buffer));
    if (!bytes) return bytes.error();
    std::string_view rest = *bytes;
    Take(rest, most, batch);
    taken = bytes->size() - rest.size();
    if (taken > 0 || left <= buffer) break;
  }
  // A whole record fits the larger buffer, so nothing at all means that what is there can't be read.
  batch.damaged = left > 0 && taken == 0;
  batch.end.offset = batch.damaged ? size : batch.end.offset + taken;
  batch.more = batch.end.offset < size;
  batch.moved = batch.end > start;
  return batch;
}

void JournalLog::Take(std::string_view& bytes, std::size_t most, Batch& batch) {
  JournalRecord record;
  while (batch.settlements.size() < most && Decode(bytes, record)) {
    if (record.kind == Kind::kOpen) continue;
    if (batch.settlements.empty()) batch.oldest = record.written_at;
    batch.settlements.push_back(std::move(record.settlement));
  }
}

// Goes on to the first file after `position` that has something to read, or to the last file's end.
std::shared_ptr<JournalSegment> JournalLog::SegmentAt(JournalPosition& position, std::uint64_t& size) const {
  auto at = segments_.lower_bound(position.segment);
  if (at->first > position.segment) position = {at->first, 0};
  while (position.offset >= at->second->size() && std::next(at) != segments_.end()) position = {(++at)->first, 0};
  size = at->second->size();
  position.offset = std::min(position.offset, size);
  return at->second;
}

Status JournalLog::Acknowledge(const Batch& batch) {
  std::lock_guard lock(mutex_);
  acknowledged_ = batch.end;
  pending_ -= static_cast<std::int64_t>(batch.settlements.size());
  // Closing records that were damaged are never read; here it shows that nothing is left to wait for.
  const auto& [last, segment] = *segments_.rbegin();
  if (unwritten_.empty() && acknowledged_ == JournalPosition{last, segment->size()}) pending_ = 0;
  const Status saved = mark_->Save(acknowledged_);
  DeleteSettled();
  return saved;
}

// Oldest first and none out of order: a closing record must never go before its opening one.
void JournalLog::DeleteSettled() {
  while (segments_.size() > 1) {
    const auto oldest = segments_.begin();
    const bool settled = acknowledged_.segment > oldest->first ||
                         (acknowledged_.segment == oldest->first && acknowledged_.offset >= oldest->second->size());
    if (!settled || open_in_segment_.count(oldest->first) > 0) return;
    oldest->second->Delete();
    segments_.erase(oldest);
  }
}

Status JournalLog::Sync() {
  std::vector<std::shared_ptr<JournalSegment>> segments;
  bool directory_changed = false;
  {
    std::lock_guard lock(mutex_);
    segments.swap(unsynced_);
    directory_changed = std::exchange(directory_changed_, false);
  }
  Status synced;
  if (directory_changed) synced = SyncDirectory(directory_);
  for (const auto& segment : segments) {
    if (Status one = segment->Sync(); !one) synced = std::move(one);
  }
  return synced;
}

std::uint64_t JournalLog::bytes() const {
  std::lock_guard lock(mutex_);
  std::uint64_t sum = 0;
  for (const auto& [number, segment] : segments_) sum += segment->size();
  return sum;
}

}  // namespace wayleave::gateway
