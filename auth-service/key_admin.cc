#include "auth-service/key_admin.h"

#include <future>
#include <memory>
#include <utility>

#include "auth-service/sqlite_store.h"
#include "base/crypto/secret_file.h"
#include "base/metrics/registry.h"
#include "base/state/state_dir.h"

namespace wayleave::auth {
namespace {

constexpr std::size_t kSecretBytes = 32;

// An open state directory.
struct State {
  std::unique_ptr<metrics::Registry> registry = std::make_unique<metrics::Registry>("key-admin");
  std::unique_ptr<SqliteStore> store;
  std::string secret;
};

Result<State> OpenState(const std::string& state_dir) {
  State state;
  const std::string directory = state::Directory(state_dir);
  auto store = SqliteStore::Open(directory, *state.registry);
  if (!store) return std::move(store).error();
  state.store = std::move(*store);
  Result<std::string> secret = crypto::ReadOrMakeSecret(directory + "/secret", kSecretBytes);
  if (!secret) return std::move(secret).error();
  state.secret = std::move(*secret);
  return state;
}

// Calls `start` with a callback and blocks until that is called.
template <class T, class Start>
T Wait(const Start& start) {
  auto answer = std::make_shared<std::promise<T>>();
  auto value = answer->get_future();
  start([answer](T given) { answer->set_value(std::move(given)); });
  return value.get();
}

}  // namespace

Result<v1::CreateKeyResponse> CreateKey(const std::string& state_dir, const v1::Key& wanted) {
  Result<State> state = OpenState(state_dir);
  if (!state) return std::move(state).error();
  Result<NewKey> made = MakeKey(wanted, crypto::HmacSha256(state->secret), std::chrono::system_clock::now());
  if (!made) return std::move(made).error();
  Result<bool> added = Wait<Result<bool>>(
      [&](auto done) { state->store->AddKey(made->stored, Store::If::kAlways, std::move(done)); });
  if (!added) return std::move(added).error();
  v1::CreateKeyResponse response;
  *response.mutable_key() = std::move(made->stored.key);
  response.set_secret(std::move(made->secret));
  return response;
}

Result<v1::ListKeysResponse> ListKeys(const std::string& state_dir, const std::string& tenant) {
  Result<State> state = OpenState(state_dir);
  if (!state) return std::move(state).error();
  Result<std::vector<StoredKey>> keys = state->store->Keys();
  if (!keys) return std::move(keys).error();
  v1::ListKeysResponse response;
  for (StoredKey& stored : *keys) {
    if (tenant.empty() || tenant == stored.key.tenant()) *response.add_keys() = std::move(stored.key);
  }
  return response;
}

Result<v1::RevokeKeyResponse> RevokeKey(const std::string& state_dir, const std::string& id) {
  Result<State> state = OpenState(state_dir);
  if (!state) return std::move(state).error();
  Status revoked = Wait<Status>(
      [&](auto done) { state->store->RevokeKey(id, std::chrono::system_clock::now(), std::move(done)); });
  if (!revoked) return std::move(revoked).error();
  Result<std::vector<StoredKey>> keys = state->store->Keys();
  if (!keys) return std::move(keys).error();
  for (StoredKey& stored : *keys) {
    if (stored.key.id() != id) continue;
    v1::RevokeKeyResponse response;
    *response.mutable_key() = std::move(stored.key);
    return response;
  }
  return Error{Code::kNotFound, "there is no key with this id"};
}

}  // namespace wayleave::auth
