#include "deploy/audit_check.h"

#include <algorithm>
#include <utility>

#include "auth-service/audit/checkpoint_file.h"
#include "auth-service/audit/content_check.h"
#include "auth-service/audit/trail.h"
#include "auth-service/audit/usage_check.h"
#include "auth-service/usage_admin.h"

namespace wayleave::deploy {
namespace {

namespace audit = auth::audit;
namespace v1 = auth::v1;

constexpr int kRecords = 5000;
constexpr int kContents = 16;  // each may have two MiB
constexpr std::size_t kMostWords = 1000;
constexpr std::int64_t kProgress = 100'000;

v1::ListAuditRequest WholeChain() {
  v1::ListAuditRequest request;
  request.set_after(INT64_MIN);  // also before the first number there can be
  return request;
}

audit::StoredRecord StoredOf(const v1::AuditRecord& record) {
  audit::StoredRecord stored{record.chain(), record.sequence(), record.body(), {}};
  const std::size_t size = std::min(record.hash().size(), stored.hash.size());
  std::copy_n(record.hash().begin(), size, stored.hash.begin());
  return stored;
}

class Check {
 public:
  Check(auth::Store& store, const AuditSources& sources, const std::function<void(std::int64_t)>& progress)
      : store_(store), sources_(sources), progress_(progress) {}

  Result<AuditFindings> Run() {
    if (Status read = ReadCheckpoints(); !read) return std::move(read).error();
    if (Status begun = FindBegin(); !begun) return std::move(begun).error();
    if (Status verified = VerifyChain(); !verified) return std::move(verified).error();
    if (sources_.compares_usage) {
      if (Status compared = CompareUsage(); !compared) return std::move(compared).error();
      if (Status compared = CompareContents(); !compared) return std::move(compared).error();
    } else {
      found_.notes.push_back(
          "requests are not in the chain (auth.audit_requests is false): the usage table was not compared");
    }
    return std::move(found_);
  }

 private:
  void Add(std::string problem) {
    if (++found_.other_count <= static_cast<std::int64_t>(kMostWords)) found_.others.push_back(std::move(problem));
  }

  void Know(audit::Checkpoint checkpoint) {
    const auto& keys = sources_.keys;
    const bool trusted = std::find(keys.begin(), keys.end(), checkpoint.public_key) != keys.end();
    const bool later = !found_.last_checkpoint || found_.last_checkpoint->sequence < checkpoint.sequence;
    if (trusted && later && audit::HasGoodSignature(checkpoint)) found_.last_checkpoint = checkpoint;
    known_.push_back(std::move(checkpoint));
  }

  // Before the chain is read: of a chain that grows meanwhile they name nothing that is not seen.
  Status ReadCheckpoints() {
    const auto lines = store_.Checkpoints();
    if (!lines) return lines.error();
    for (std::size_t i = 0; i < lines->size(); ++i) {
      Result<audit::Checkpoint> read = audit::FromJsonLine((*lines)[i], static_cast<std::int64_t>(i) + 1);
      if (read) {
        Know(std::move(*read));
      } else {
        Add("a checkpoint of the database is damaged: " + read.error().message);
      }
    }
    for (const std::string& file : sources_.files) {
      if (Status read = ReadFile(file); !read) return read;
    }
    found_.checkpoints = static_cast<std::int64_t>(known_.size());
    if (known_.empty()) {
      found_.notes.push_back("no checkpoint is known: who can write the database could have made the chain anew");
    }
    return {};
  }

  Status ReadFile(const std::string& path) {
    Result<audit::CheckpointFile::Contents> contents = audit::CheckpointFile(path).Read();
    if (!contents && contents.error().code == Code::kNotFound && path == sources_.files.front()) {
      if (!known_.empty()) found_.notes.push_back(path + " is missing, where a server writes its checkpoints, too");
      return {};
    }
    if (!contents) return std::move(contents).error();
    for (const std::string& problem : contents->problems) Add(path + ": " + problem);
    found_.other_count += contents->problem_count - static_cast<std::int64_t>(contents->problems.size());
    for (audit::Checkpoint& checkpoint : contents->checkpoints) Know(std::move(checkpoint));
    return {};
  }

  // Requests that are older than the chain can't be in it.
  Status FindBegin() {
    v1::ListAuditRequest request = WholeChain();
    request.set_chain(auth::Trail::kChain);
    request.set_limit(1);
    const auto records = store_.Audit(request);
    if (!records) return records.error();
    compares_since_ = std::max(sources_.keeps_usage_since, auth::Time());
    const auto first = records->empty() ? Result<audit::AuditEvent>(Error{}) : audit::FromBody(records->front().body());
    if (records->empty()) compares_since_ = std::chrono::system_clock::now();
    if (first) compares_since_ = std::max(compares_since_, auth::TimeOf(first->at_nanos));
    usage_.emplace(auth::ToNanos(compares_since_));
    contents_.emplace(auth::ToNanos(std::max(compares_since_, sources_.keeps_contents_since)));
    return {};
  }

  Status VerifyChain() {
    audit::Verifier verifier(std::move(known_), sources_.keys);
    std::int64_t records = 0;
    const auto last = ForEachRecord(store_, WholeChain(), [&](const v1::AuditRecord& record) {
      verifier.Feed(StoredOf(record));
      Understand(record);
      if (++records % kProgress == 0) progress_(records);
    });
    if (!last) return last.error();
    last_ = *last;
    found_.chain = verifier.Finish();
    return {};
  }

  // A body that is none of ours has a wrong hash as well, or was signed for.
  void Understand(const v1::AuditRecord& record) {
    const Result<audit::AuditEvent> event = audit::FromBody(record.body());
    if (!event) return Add("record " + std::to_string(record.sequence()) + ": " + event.error().message);
    const auth::Time at = auth::TimeOf(event->at_nanos);
    if (!found_.first_at) found_.first_at = at;
    found_.last_at = at;
    usage_->Told(record.sequence(), *event);
    contents_->Told(*event);
  }

  Status CompareUsage() {
    Status read = auth::ForEachUsage(store_, compares_since_, [this](const auto& row) { usage_->Kept(row); });
    found_.requests = usage_->compared();
    if (!read || usage_->Agrees()) return read;
    usage_->LookCloser();
    const auto tell = [this](const v1::AuditRecord& record) {
      if (const auto event = audit::FromBody(record.body())) usage_->Told(record.sequence(), *event);
    };
    const auto again = ForEachRecord(store_, WholeChain(), tell);
    if (!again) return again.error();
    read = auth::ForEachUsage(store_, compares_since_, [this](const auto& row) { usage_->Kept(row); });
    if (!read) return read;
    Status late = ReadLate(*again, [this](const audit::AuditEvent& event) { usage_->ToldLater(event); });
    if (!late) return late;
    for (std::string& words : usage_->Differences()) Add(std::move(words));
    if (!usage_->complete()) Add("the usage table and the chain differ in more places than are told here");
    return {};
  }

  Status CompareContents() {
    std::string after;
    while (true) {
      const auto page = store_.Contents(after, kContents);
      if (!page) return page.error();
      for (const auth::KeptContent& content : *page) contents_->Kept(content);
      if (page->size() < static_cast<std::size_t>(kContents)) break;
      after = page->back().reservation_id;
    }
    found_.contents = contents_->compared();
    Status late = ReadLate(last_, [this](const audit::AuditEvent& event) { contents_->ToldLater(event); });
    if (!late) return late;
    for (std::string& words : contents_->Differences()) Add(std::move(words));
    return {};
  }

  // What a server recorded while the rows were read.
  Status ReadLate(std::int64_t after, const std::function<void(const audit::AuditEvent&)>& each) {
    v1::ListAuditRequest request;
    request.set_after(after);
    const auto late = ForEachRecord(store_, request, [&each](const v1::AuditRecord& record) {
      if (const auto event = audit::FromBody(record.body())) each(*event);
    });
    return late ? Status() : Status(late.error());
  }

  auth::Store& store_;
  const AuditSources& sources_;
  const std::function<void(std::int64_t)>& progress_;
  AuditFindings found_;
  std::vector<audit::Checkpoint> known_;
  auth::Time compares_since_;
  std::optional<audit::UsageCheck> usage_;
  std::optional<audit::ContentCheck> contents_;
  std::int64_t last_ = 0;
};

}  // namespace

Result<std::int64_t> ForEachRecord(auth::Store& store, v1::ListAuditRequest request,
                                   const std::function<void(const v1::AuditRecord& record)>& each) {
  request.set_chain(auth::Trail::kChain);
  request.set_limit(kRecords);
  std::int64_t last = request.after();
  while (true) {
    const auto page = store.Audit(request);
    if (!page) return page.error();
    for (const v1::AuditRecord& record : *page) each(record);
    if (!page->empty()) last = page->back().sequence();
    if (page->size() < static_cast<std::size_t>(kRecords)) return last;
    request.set_after(last);
  }
}

Result<AuditFindings> CheckAudit(auth::Store& store, const AuditSources& sources,
                                 const std::function<void(std::int64_t records)>& progress) {
  return Check(store, sources, progress).Run();
}

}  // namespace wayleave::deploy
