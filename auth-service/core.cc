#include "auth-service/core.h"

#include <algorithm>
#include <future>
#include <utility>

#include "auth-service/from_thread.h"
#include "auth-service/sqlite_store.h"
#include "base/crypto/secret_file.h"
#include "base/log/log.h"
#include "base/state/state_dir.h"

namespace wayleave::auth {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kMaxCredential = 1024;
constexpr std::size_t kMaxId = 256;
constexpr int kMaxSettlements = 1000;
constexpr int kIdAttempts = 3;
constexpr auto kRound = 200ms;
constexpr auto kDefaultHold = 15min;
constexpr auto kLongestHold = 24h;

Error Invalid(std::string message) { return Error{Code::kInvalidArgument, std::move(message)}; }

Error Refused(std::string message, std::string reason = "invalid_api_key") {
  return Error{Code::kUnauthenticated, std::move(message), std::move(reason)};
}

Error RefusedFor(Standing standing) {
  return standing == Standing::kRevoked
             ? Refused("This API key was revoked. An operator can make another one with `wayleave key create`.")
             : Refused("This API key has expired. An operator can make another one with `wayleave key create`.");
}

std::vector<StoredKey> EnvironmentKeys(const Config& config, const crypto::HmacSha256& hmac) {
  if (config.proxy_api_key.empty()) return {};
  return {EnvironmentKey("PROXY_API_KEY", config.proxy_api_key, hmac)};
}

std::chrono::nanoseconds HoldTime(const v1::ReserveRequest& request) {
  const std::chrono::nanoseconds wanted(ToNanos(request.ttl()));
  return wanted.count() > 0 ? std::min<std::chrono::nanoseconds>(wanted, kLongestHold) : kDefaultHold;
}

Status Check(const v1::ReserveRequest& request) {
  const v1::Amount& most = request.upper_bound();
  if (request.reservation_id().empty()) return Invalid("reservation_id is missing");
  if (request.reservation_id().size() > kMaxId) return Invalid("reservation_id is too long");
  if (most.input_tokens() < 0 || most.output_tokens() < 0 || most.cost_nano_usd() < 0) {
    return Invalid("upper_bound must not be negative");
  }
  return {};
}

Status Check(const v1::SettleRequest& request) {
  if (request.settlements_size() > kMaxSettlements) return Invalid("at most 1,000 settlements at once");
  for (const v1::Settlement& settlement : request.settlements()) {
    if (settlement.reservation_id().empty()) return Invalid("a settlement's reservation_id is missing");
    if (settlement.reservation_id().size() > kMaxId) return Invalid("a settlement's reservation_id is too long");
  }
  return {};
}

// Blocks until the store has answered.
Result<bool> AddFirst(Store& store, StoredKey key) {
  auto answer = std::make_shared<std::promise<Result<bool>>>();
  auto added = answer->get_future();
  store.AddKey(std::move(key), Store::If::kFirst, [answer](Result<bool> done) { answer->set_value(std::move(done)); });
  return added.get();
}

}  // namespace

Result<std::unique_ptr<Core>> Core::Open(const Config& config, metrics::Registry& registry, Clock clock) {
  const std::string directory = state::Directory(config.state_dir);
  auto store = SqliteStore::Open(directory, registry);
  if (!store) return std::move(store).error();
  const Result<std::string> secret = crypto::ReadOrMakeSecret(directory + "/secret", kSecretBytes);
  if (!secret) return secret.error();
  return Open(config, std::move(*store), *secret, registry, std::move(clock));
}

Result<std::unique_ptr<Core>> Core::Open(const Config& config, std::unique_ptr<Store> store, const std::string& secret,
                                         metrics::Registry& registry, Clock clock) {
  std::unique_ptr<Core> core(new Core(config, std::move(store), secret, registry, std::move(clock)));
  if (Status read = core->ring_.Look(); !read) return std::move(read).error();
  core->housekeeper_.Start();
  return core;
}

Core::Core(const Config& config, std::unique_ptr<Store> store, const std::string& secret, metrics::Registry& registry,
           Clock clock)
    : clock_(std::move(clock)),
      cache_max_age_(config.cache_max_age),
      has_environment_key_(!config.proxy_api_key.empty()),
      has_sample_key_(has_environment_key_ && IsSampleKey(config.proxy_api_key)),
      hmac_(secret),
      probe_(registry),
      reservations_(config.max_reservations),
      housekeeper_(kRound, [this] { Round(); }),
      store_(std::move(store)),
      ring_(*store_, EnvironmentKeys(config, hmac_), clock_) {}

Core::~Core() { housekeeper_.Stop(); }

Task<Result<v1::AuthenticateResponse>> Core::Authenticate(const v1::AuthenticateRequest& request) {
  auto call = probe_.Begin(Rpc::kAuthenticate);
  co_return call.Ends(Identify(request));
}

Result<v1::AuthenticateResponse> Core::Identify(const v1::AuthenticateRequest& request) const {
  if (request.credential_case() == v1::AuthenticateRequest::kCertificateSubject) {
    return Refused("Client certificates are not accepted here; send an API key.");
  }
  if (request.api_key().empty()) {
    return Refused("No API key was sent. Send \"Authorization: Bearer wl_...\"; `wayleave key create` makes a key.",
                   "missing_api_key");
  }
  static constexpr char kUnknown[] = "Incorrect API key. `wayleave key create` makes a new one, `wayleave key list` "
                                     "shows the prefixes of those that exist.";
  if (request.api_key().size() > kMaxCredential) return Refused(kUnknown);
  const auto keys = ring_.Now();
  const KeyTable::Entry* entry = keys->ByDigest(hmac_.Of(request.api_key()));
  if (!entry) return Refused(kUnknown);
  const Time now = clock_();
  if (const Standing standing = entry->At(now); standing != Standing::kGood) return RefusedFor(standing);

  v1::AuthenticateResponse response;
  *response.mutable_principal() = entry->principal;
  const std::chrono::nanoseconds age = std::min<std::chrono::nanoseconds>(cache_max_age_, entry->expires_at - now);
  *response.mutable_max_age() = DurationOf(age.count());
  return response;
}

Task<Result<v1::ReserveResponse>> Core::Reserve(const v1::ReserveRequest& request) {
  auto call = probe_.Begin(Rpc::kReserve);
  co_return call.Ends(Hold(request));
}

Result<v1::ReserveResponse> Core::Hold(const v1::ReserveRequest& request) {
  if (Status checked = Check(request); !checked) return std::move(checked).error();
  const Time now = clock_();
  const auto keys = ring_.Now();
  const KeyTable::Entry* entry = keys->ById(request.principal().key_id());
  if (!entry) return Refused("This API key does not exist.");
  if (const Standing standing = entry->At(now); standing != Standing::kGood) return RefusedFor(standing);
  const Time wanted = now + std::chrono::duration_cast<Time::duration>(HoldTime(request));
  const Result<Time> held = reservations_.Hold(request.reservation_id(), request.upper_bound(), now, wanted);
  if (!held) return held.error();
  v1::ReserveResponse response;
  *response.mutable_expires_at() = TimestampOf(ToNanos(*held));
  return response;
}

Task<Result<v1::SettleResponse>> Core::Settle(const v1::SettleRequest& request) {
  auto call = probe_.Begin(Rpc::kSettle);
  Result<v1::SettleResponse> response = co_await Record(request);
  co_return call.Ends(std::move(response));
}

Task<Result<v1::SettleResponse>> Core::Record(const v1::SettleRequest& request) {
  if (Status checked = Check(request); !checked) co_return std::move(checked).error();
  auto start = [&](auto done) { store_->Record(request, clock_(), std::move(done)); };
  FromThread<Result<v1::SettleResponse>, decltype(start)> answer(start);
  Result<v1::SettleResponse> response = co_await answer;
  if (!response) co_return response;
  probe_.Settled(*response);
  for (const v1::Settlement& settlement : request.settlements()) reservations_.Release(settlement.reservation_id());
  co_return response;
}

Task<Result<v1::CreateKeyResponse>> Core::CreateKey(const v1::CreateKeyRequest& request) {
  auto call = probe_.Begin(Rpc::kCreateKey);
  Result<v1::CreateKeyResponse> response = co_await MakeAndStore(request);
  co_return call.Ends(std::move(response));
}

Task<Result<v1::CreateKeyResponse>> Core::MakeAndStore(const v1::CreateKeyRequest& request) {
  Result<bool> added = false;
  for (int attempt = 0; attempt < kIdAttempts; ++attempt) {  // public ids are short enough to meet, once in a lifetime
    Result<NewKey> made = MakeKey(request.key(), hmac_, clock_());
    if (!made) co_return std::move(made).error();
    auto start = [&](auto done) { store_->AddKey(made->stored, Store::If::kAlways, std::move(done)); };
    FromThread<Result<bool>, decltype(start)> answer(start);
    added = co_await answer;
    if (!added && added.error().code == Code::kAlreadyExists) continue;
    if (!added) break;
    co_await LookNow();
    v1::CreateKeyResponse response;
    *response.mutable_key() = std::move(made->stored.key);
    response.set_secret(std::move(made->secret));
    co_return response;
  }
  co_return added.error();
}

Task<Result<v1::ListKeysResponse>> Core::ListKeys(const v1::ListKeysRequest& request) {
  auto call = probe_.Begin(Rpc::kListKeys);
  v1::ListKeysResponse response;
  const auto keys = ring_.Now();
  for (const KeyTable::Entry& entry : keys->all()) {
    const v1::Key& key = entry.stored.key;
    if (request.tenant().empty() || request.tenant() == key.tenant()) *response.add_keys() = key;
  }
  co_return call.Ends(Result<v1::ListKeysResponse>(std::move(response)));
}

Task<Result<v1::RevokeKeyResponse>> Core::RevokeKey(const v1::RevokeKeyRequest& request) {
  auto call = probe_.Begin(Rpc::kRevokeKey);
  Result<v1::RevokeKeyResponse> response = co_await Revoke(request);
  co_return call.Ends(std::move(response));
}

Task<Result<v1::RevokeKeyResponse>> Core::Revoke(const v1::RevokeKeyRequest& request) {
  auto start = [&](auto done) { store_->RevokeKey(request.id(), clock_(), std::move(done)); };
  FromThread<Status, decltype(start)> answer(start);
  Status revoked = co_await answer;
  if (!revoked) co_return std::move(revoked).error();
  co_await LookNow();
  const auto keys = ring_.Now();
  const KeyTable::Entry* entry = keys->ById(request.id());
  if (!entry) co_return Error{Code::kUnavailable, "the key was revoked, but the keys can't be read now"};
  v1::RevokeKeyResponse response;
  *response.mutable_key() = entry->stored.key;
  co_return response;
}

Task<Result<v1::ListUsageResponse>> Core::ListUsage(const v1::ListUsageRequest& request) {
  auto call = probe_.Begin(Rpc::kListUsage);
  Result<v1::ListUsageResponse> response = co_await ReadUsage(request);
  co_return call.Ends(std::move(response));
}

Task<Result<v1::ListUsageResponse>> Core::ReadUsage(const v1::ListUsageRequest& request) {
  using Records = Result<std::vector<v1::Settlement>>;
  auto start = [&](std::function<void(Records)> done) {
    const bool posted = housekeeper_.Post([this, &request, done] { done(store_->Usage(request)); });
    if (!posted) done(Error{Code::kResourceExhausted, "too many queries wait", "", 1s});
  };
  FromThread<Records, decltype(start)> answer(start);
  Records records = co_await answer;
  if (!records) co_return std::move(records).error();
  v1::ListUsageResponse response;
  for (v1::Settlement& record : *records) *response.add_records() = std::move(record);
  co_return response;
}

// So that a key that was made can be used, and one that was revoked can't, once its call returns.
Task<void> Core::LookNow() {
  auto start = [this](std::function<void(bool)> done) {
    const bool posted = housekeeper_.Post([this, done] {
      Look();
      done(true);
    });
    if (!posted) done(false);
  };
  FromThread<bool, decltype(start)> answer(start);
  co_await answer;
}

std::unique_ptr<KeyRing::Subscription> Core::Subscribe(KeyRing::Listener listener) {
  return ring_.Subscribe(std::move(listener));
}

Result<std::optional<v1::CreateKeyResponse>> Core::EnsureFirstKey() {
  if (has_environment_key_) return std::optional<v1::CreateKeyResponse>();
  v1::Key wanted;
  wanted.set_name("first key");
  Result<NewKey> made = MakeKey(wanted, hmac_, clock_());
  if (!made) return std::move(made).error();
  const Result<bool> added = AddFirst(*store_, made->stored);
  if (!added) return added.error();
  auto looked = std::make_shared<std::promise<void>>();
  auto seen = looked->get_future();
  const bool posted = housekeeper_.Post([this, looked] {
    Look();
    looked->set_value();
  });
  if (posted) seen.wait();
  if (!*added) return std::optional<v1::CreateKeyResponse>();
  v1::CreateKeyResponse response;
  *response.mutable_key() = std::move(made->stored.key);
  response.set_secret(std::move(made->secret));
  return std::optional<v1::CreateKeyResponse>(std::move(response));
}

bool Core::HasUsableKey() const {
  const auto keys = ring_.Now();
  const Time now = clock_();
  return std::any_of(keys->all().begin(), keys->all().end(),
                     [now](const KeyTable::Entry& entry) { return entry.At(now) == Standing::kGood; });
}

void Core::Round() {
  Look();
  const Time now = clock_();
  probe_.Show(*ring_.Now(), now);
  probe_.Show(reservations_.Sweep(now));
  probe_.ShowSubscribers(ring_.subscribers());
}

void Core::Look() {
  const Status looked = ring_.Look();
  if (!looked) probe_.LookFailed();
  if (looked.ok() == look_failed_) {  // one line when it begins, one when it ends
    look_failed_ = !looked.ok();
    if (look_failed_) log::Error("auth.keys.unreadable", {{"error", looked.error().message}});
    if (!look_failed_) log::Info("auth.keys.readable");
  }
}

}  // namespace wayleave::auth
