#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "auth-service/identity/key_table.h"
#include "auth-service/ledger/ledger.h"
#include "auth-service/store/store.h"

namespace wayleave::auth {

// Records what requests used: the record, its charge to every budget that it concerns, its place in the audit chain and
// the end of its reservation, all in one transaction and once, however often a settlement comes.
//
// Any thread. What it is made with must outlive it.
class Settling {
 public:
  Settling(Store& store, Ledger& ledger, bool audit_requests) : store_(store), ledger_(ledger), audits_(audit_requests) {}

  // `request` and `table` must live until `done` is called.
  void Record(const v1::SettleRequest& request, std::shared_ptr<const KeyTable> table, Time now,
              std::function<void(Result<v1::SettleResponse>)> done);

 private:
  // One transaction and what came of it.
  struct Batch;

  Status Write(Changes& changes, Batch& batch);
  Status WriteOne(Changes& changes, Batch& batch, std::size_t index);
  Status Tell(Changes& changes, const v1::Settlement& settlement) const;
  v1::Grant GrantOf(const v1::Settlement& settlement, const KeyTable& table) const;
  Status NoteUse(Changes& changes, const v1::Settlement& settlement);

  Store& store_;
  Ledger& ledger_;
  const bool audits_;
  // When the use of a key was last written; of the store's thread.
  std::unordered_map<std::string, Time> key_used_;
};

}  // namespace wayleave::auth
