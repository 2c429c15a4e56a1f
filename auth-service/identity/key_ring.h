#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "auth-service/identity/key_table.h"
#include "auth-service/store/store.h"

namespace wayleave::auth {

// The keys as they are now, and word of those that lose or change their rights, whoever changes them.
//
// Now() and Subscribe() may be called on any thread. Look() belongs to the one thread that reads the store.
// The store must outlive the ring, the ring its subscriptions.
class KeyRing {
 public:
  // Whose rights others are now, if anybody's, and the version of the table that says so.
  using Listener = std::function<void(const std::vector<std::string>& key_ids, std::int64_t version)>;

  // Listens until it is destroyed; after that the listener is not running and never runs again.
  class Subscription {
   public:
    ~Subscription();

   private:
    friend class KeyRing;
    Subscription(KeyRing& ring, Listener listener);
    KeyRing& ring_;
    std::list<Listener>::iterator place_;
  };

  KeyRing(Store& store, std::vector<StoredKey> environment, Clock clock);

  // What the configuration names, from the next Look() on. Any thread.
  void Configure(KeyTable::Configured configured);

  std::shared_ptr<const KeyTable> Now() const;

  // Reads the keys again if one of them changed, and tells the listeners of those that changed or expired
  // since the last look, and of a new version. A failure leaves the keys as they were.
  Status Look();
  // Whether a change that was made a second ago would be known. Any thread.
  bool SeesChanges() const;

  // The listener runs on the thread that calls Look(), and must neither block nor subscribe or unsubscribe.
  std::unique_ptr<Subscription> Subscribe(Listener listener);
  std::size_t subscribers() const;

 private:
  bool ConfiguredAnew();
  Status Reload(std::int64_t version, std::vector<std::string>& changed);
  void Publish(const std::vector<std::string>& key_ids, std::int64_t version);

  Store& store_;
  const std::vector<StoredKey> environment_;
  const Clock clock_;
  std::int64_t version_ = -1;
  Time looked_at_;
  // When the store answered last.
  std::atomic<std::chrono::steady_clock::time_point> heard_at_{};
  std::mutex configured_mutex_;
  KeyTable::Configured configured_;
  bool configured_anew_ = false;

  mutable std::mutex table_mutex_;
  std::shared_ptr<const KeyTable> table_ = std::make_shared<const KeyTable>();
  mutable std::mutex listeners_mutex_;
  std::list<Listener> listeners_;
};

}  // namespace wayleave::auth
