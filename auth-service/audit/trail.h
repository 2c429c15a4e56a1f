#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "auth-service/audit/chain.h"
#include "auth-service/audit/checkpoint_file.h"
#include "auth-service/audit/record.h"
#include "auth-service/store/changes.h"
#include "base/crypto/ed25519.h"
#include "base/result.h"

namespace wayleave::auth {

// Writes the audit chain. There is one for a store, "main", whoever writes it: transactions come one after another, so the
// next record goes behind the last one that is there. Signs where it stands from time to time, with the key of the state
// directory, in the store and in a file beside it.
//
// Append() and Sign() belong to jobs of Store::Write(), and so to its thread, as does Signed(); Publish() to any.
class Trail {
 public:
  static constexpr const char* kChain = kMainChain;

  // The signing key and the file of checkpoints lie in the state directory; both are made if they are missing.
  static Result<std::unique_ptr<Trail>> Open(const std::string& state_dir);
  // Without a place to sign in: for tests.
  Trail() = default;

  // Of several records of one job only the first has to look for the end of the chain.
  class Job {
   public:
    explicit Job(Changes& changes) : changes_(changes) {}
    Status Append(const audit::AuditEvent& event);

   private:
    Changes& changes_;
    std::optional<audit::Chain> chain_;
  };

  // Signs the end of the chain if it has moved since this process signed it last.
  Status Sign(Changes& changes, Time now);
  // How the transaction of Sign() ended: only what is in the store is ever told to others.
  void Signed(bool committed);
  // Writes what was signed to the file. Blocks.
  Status Publish();

  const std::string& public_key() const;

 private:
  Trail(crypto::SigningKey key, std::string file);

  std::optional<crypto::SigningKey> key_;
  std::optional<audit::CheckpointFile> file_;
  // Of the store's thread.
  std::optional<audit::Checkpoint> pending_;
  std::int64_t signed_ = 0;
  std::mutex mutex_;
  std::optional<audit::Checkpoint> unpublished_;
};

// The detail of a request's event that says what its sealed content comes to: SHA-256 in hex.
inline constexpr char kContentHash[] = "content_sha256";

// A request, as the audit chain tells of it: metadata, and of content that is kept the hash of what was sealed.
audit::AuditEvent RequestEvent(const v1::Settlement& settlement, Time now);

}  // namespace wayleave::auth
