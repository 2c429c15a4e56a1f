#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "auth-service/key.h"
#include "auth-service/time.h"
#include "base/result.h"
#include "wayleave/auth/v1/auth.pb.h"

namespace wayleave::auth {

// Where keys and usage are kept.
//
// The reading calls block and belong to one thread at a time. The writing calls may be made on any thread
// and return at once; `done` is called once, on a thread of the store's, when the change is on disk or was
// refused: then nothing of it is left. Destroying the store first finishes what was asked of it.
class Store {
 public:
  virtual ~Store() = default;

  // Every key, newest first.
  virtual Result<std::vector<StoredKey>> Keys() = 0;
  // A number that changes whenever a key does, whoever changed it. Cheap: meant to be polled.
  virtual Result<std::int64_t> KeysVersion() = 0;
  virtual Result<std::vector<v1::Settlement>> Usage(const v1::ListUsageRequest& request) = 0;

  enum class If { kAlways, kFirst };
  // Says whether the key was added: with If::kFirst it is not when there has ever been another.
  // kAlreadyExists when the id is taken.
  virtual void AddKey(StoredKey key, If condition, std::function<void(Result<bool>)> done) = 0;
  // Keeps the time of an earlier revocation. kNotFound for an unknown id.
  virtual void RevokeKey(std::string id, Time now, std::function<void(Status)> done) = 0;
  // Each settlement once, however often it comes. `request` must live until `done` is called.
  virtual void Record(const v1::SettleRequest& request, Time now,
                      std::function<void(Result<v1::SettleResponse>)> done) = 0;
};

}  // namespace wayleave::auth
