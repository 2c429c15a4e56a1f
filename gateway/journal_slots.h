#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "gateway/journal.h"

namespace wayleave::gateway {

// Where gateways that run side by side keep their journals: in the directory itself, and in the folders "2" to "8" of
// it.
std::vector<std::string> JournalSlots(const std::string& directory);

// Settles what gateways that are gone have left in the slots that nobody uses: looks at once and then every ten
// seconds, on a thread of its own. What it settles is in no metric but auth-service's.
//
// Build and destroy it on the main thread. The port and the worker must outlive it, and the worker must run.
class JournalHeir {
 public:
  JournalHeir(std::string directory, AuthPort& auth, Worker& worker);
  ~JournalHeir();

 private:
  void Run();
  void Inherit(const std::string& slot);
  // False when it is time to end.
  bool Rest(std::chrono::milliseconds time);

  const std::string directory_;
  AuthPort& auth_;
  Worker& worker_;
  // The last file of each slot when it was seen to be settled: who uses a slot begins a new one.
  std::map<std::string, std::uint64_t> settled_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace wayleave::gateway
