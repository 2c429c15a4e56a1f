#include "auth-service/core.h"

#include <algorithm>
#include <future>
#include <utility>

#include "auth-service/from_thread.h"
#include "auth-service/identity/certificates.h"
#include "auth-service/identity/standing.h"
#include "auth-service/store/open.h"
#include "base/async/deadline.h"
#include "base/async/event.h"
#include "base/crypto/id.h"
#include "base/log/log.h"
#include "base/state/state_dir.h"

namespace wayleave::auth {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMaxCredential = 16 << 10;
constexpr std::size_t kMaxId = 256;
constexpr int kMaxSettlements = 1000;
constexpr auto kRound = 200ms;
constexpr auto kDefaultHold = 15min;
constexpr auto kLongestHold = 24h;
// Rules may look at what is left of a budget, so an answer that tells it is soon told anew.
constexpr auto kBudgetAge = 2s;
constexpr auto kStopGrace = 3s;
// Whoever vacates has a client that waits for its last bytes.
constexpr auto kGiveBackTime = 200ms;

Error Invalid(std::string message) { return Error{Code::kInvalidArgument, std::move(message)}; }

std::vector<StoredKey> EnvironmentKeys(const Config& config, const crypto::HmacSha256& hmac) {
  if (config.proxy_api_key.empty()) return {};
  return {EnvironmentKey("PROXY_API_KEY", config.proxy_api_key, hmac)};
}

std::chrono::nanoseconds HoldTime(const v1::ReserveRequest& request) {
  const std::chrono::nanoseconds wanted(ToNanos(request.ttl()));
  return wanted.count() > 0 ? std::min<std::chrono::nanoseconds>(wanted, kLongestHold) : kDefaultHold;
}

Status Check(const v1::ReserveRequest& request) {
  if (request.reservation_id().empty()) return Invalid("reservation_id is missing");
  if (request.reservation_id().size() > kMaxId) return Invalid("reservation_id is too long");
  for (const v1::Amount* amount : {&request.upper_bound(), &request.minimum()}) {
    if (amount->input_tokens() < 0 || amount->output_tokens() < 0 || amount->cost_nano_usd() < 0) {
      return Invalid("an amount must not be negative");
    }
  }
  return {};
}

Status Check(const v1::SettleRequest& request) {
  if (request.settlements_size() > kMaxSettlements) return Invalid("at most 1,000 settlements at once");
  for (const v1::Settlement& settlement : request.settlements()) {
    if (settlement.reservation_id().empty()) return Invalid("a settlement's reservation_id is missing");
    if (settlement.reservation_id().size() > kMaxId) return Invalid("a settlement's reservation_id is too long");
    if (settlement.cost_nano_usd() < 0) return Invalid("a settlement's cost must not be negative");
  }
  return {};
}

// Of the budget that has least left; nothing if none has a limit.
std::optional<double> BudgetLeft(const std::vector<v1::Standing>& standings) {
  std::optional<double> least;
  for (const v1::Standing& standing : standings) {
    if (!standing.has_limit()) continue;
    const double limit = static_cast<double>(standing.limit());
    const double left = limit <= 0 ? 0 : std::clamp(1 - static_cast<double>(standing.used()) / limit, 0.0, 1.0);
    least = std::min(least.value_or(1.0), left);
  }
  return least;
}

}  // namespace

Result<std::unique_ptr<Core>> Core::Open(const Config& config, metrics::Registry& registry, Clock clock) {
  auto store = OpenStore(config, registry);
  if (!store) return std::move(store).error();
  const Result<std::string> secret = KeySecret(config);
  if (!secret) return secret.error();
  auto trail = Trail::Open(state::Directory(config.state_dir));
  if (!trail) return std::move(trail).error();
  std::unique_ptr<Core> core(
      new Core(config, std::move(*store), std::move(*trail), *secret, registry, std::move(clock)));
  if (Status read = core->ring_.Look(); !read) return std::move(read).error();
  core->housekeeper_.Start();
  core->admin_.Start();
  return core;
}

Result<std::unique_ptr<Core>> Core::Open(const Config& config, std::unique_ptr<Store> store, const std::string& secret,
                                         metrics::Registry& registry, Clock clock) {
  std::unique_ptr<Core> core(
      new Core(config, std::move(store), std::make_unique<Trail>(), secret, registry, std::move(clock)));
  if (Status read = core->ring_.Look(); !read) return std::move(read).error();
  core->housekeeper_.Start();
  core->admin_.Start();
  return core;
}

Core::Core(const Config& config, std::unique_ptr<Store> store, std::unique_ptr<Trail> trail, const std::string& secret,
           metrics::Registry& registry, Clock clock)
    : clock_(std::move(clock)),
      config_(config),
      has_environment_key_(!config.proxy_api_key.empty()),
      has_sample_key_(has_environment_key_ && IsSampleKey(config.proxy_api_key)),
      hmac_(secret),
      probe_(registry),
      housekeeper_(kRound, [this] { rounds_.Go(); }),
      trail_(std::move(trail)),
      store_(std::move(store)),
      ledger_(*store_, crypto::MakeId("auth_"), config.max_reservations),
      settling_(*store_, ledger_, config.audit_requests),
      ring_(*store_, EnvironmentKeys(config, hmac_), clock_),
      rounds_(config_, *store_, ledger_, *trail_, ring_, probe_, clock_),
      tokens_(config.issuers, registry),
      admin_(
          *store_, hmac_, [this] { return ring_.Now(); }, clock_, probe_,
          [this](std::string_view credential) { return IdentifyCaller(credential); }, [this] { LookNow(); }) {
  ring_.Configure(config.tenants);
}

// Nobody calls any more: what is held is the journals' to settle, the rest goes back.
Core::~Core() {
  admin_.Stop();
  housekeeper_.Stop();
  ledger_.Stop(kStopGrace);
  rounds_.SignTrail(clock_());
  // It finishes what waits there, which still refers to the ledger and the trail.
  store_.reset();
  if (Status published = trail_->Publish(); !published) {
    log::Error("audit.checkpoint_file", {{"error", published.error().message}});
  }
}

Task<Result<v1::AuthenticateResponse>> Core::Authenticate(const v1::AuthenticateRequest& request) {
  auto call = probe_.Begin(Rpc::kAuthenticate);
  co_return call.Ends(Identify(request));
}

Result<v1::AuthenticateResponse> Core::Identify(const v1::AuthenticateRequest& request) const {
  if (request.has_certificate()) return IdentifyCertificate(request.certificate());
  if (request.api_key().empty()) return MissingKey();
  if (request.api_key().size() > kMaxCredential) return UnknownKey();
  return tokens_.LooksLikeToken(request.api_key()) ? IdentifyToken(request.api_key()) : IdentifyKey(request.api_key());
}

Result<v1::AuthenticateResponse> Core::IdentifyToken(const std::string& token) const {
  const Result<TokenIdentity> identity = tokens_.Verify(token, clock_());
  if (!identity) return identity.error();
  v1::Principal principal;
  principal.set_tenant(identity->tenant);
  principal.set_user(identity->user);
  principal.set_key_id("token:" + identity->issuer);
  for (const std::string& role : identity->roles) principal.add_roles(role);
  *principal.mutable_expires_at() = TimestampOf(ToNanos(identity->expires_at));
  const auto table = ring_.Now();
  table->Complete(principal);
  return Welcome(*table, std::move(principal), identity->expires_at);
}

Result<v1::AuthenticateResponse> Core::IdentifyKey(const std::string& secret) const {
  const auto table = ring_.Now();
  const KeyTable::Entry* entry = table->ByDigest(hmac_.Of(secret));
  if (!entry) return UnknownKey();
  const Time now = clock_();
  if (const Standing standing = entry->At(now); standing != Standing::kGood) return RefusedFor(standing);
  return Welcome(*table, entry->principal, entry->expires_at);
}

Result<v1::AuthenticateResponse> Core::IdentifyCertificate(const v1::ClientCertificate& certificate) const {
  Result<v1::Principal> principal = PrincipalOf(certificate, config_.certificates);
  if (!principal) return std::move(principal).error();
  const auto table = ring_.Now();
  table->Complete(*principal);
  return Welcome(*table, std::move(*principal), Time::max());
}

// Somebody who is who he says; what remains is whether he may come in now.
Result<v1::AuthenticateResponse> Core::Welcome(const KeyTable& table, v1::Principal principal, Time until) const {
  const Time now = clock_();
  if (!table.HasTenant(principal.tenant())) return UnknownTenant(principal.tenant());
  const Accounted accounted = table.AccountsOf(principal);
  if (Status may = MayEnter(accounted, now); !may) return std::move(may).error();
  for (const Account* account : accounted.all()) {
    for (const OpeningHours& hours : account->hours) until = std::min(until, hours.NextChange(now));
  }
  const auto left_of_it = std::max<std::chrono::nanoseconds>(until - now, 0ns);
  std::chrono::nanoseconds age = std::min<std::chrono::nanoseconds>(config_.cache_max_age, left_of_it);
  if (!principal.policy().unmetered()) {
    const auto left = BudgetLeft(ledger_.StandingsOf(BudgetsOf(accounted, now), now));
    if (left) principal.set_budget_left(*left);
    if (left) age = std::min<std::chrono::nanoseconds>(age, kBudgetAge);
  }
  v1::AuthenticateResponse response;
  *response.mutable_principal() = std::move(principal);
  *response.mutable_max_age() = DurationOf(age.count());
  response.set_version(table.version());
  return response;
}

Result<Caller> Core::IdentifyCaller(std::string_view credential) const {
  if (credential.empty()) return MissingKey();
  if (credential.size() > kMaxCredential) return UnknownKey();
  const auto table = ring_.Now();
  const KeyTable::Entry* entry = table->ByDigest(hmac_.Of(credential));
  if (!entry) return UnknownKey();
  const Time now = clock_();
  if (const Standing standing = entry->At(now); standing != Standing::kGood) return RefusedFor(standing);
  if (!table->HasTenant(entry->principal.tenant())) return UnknownTenant(entry->principal.tenant());
  if (Status may = MayEnter(table->AccountsOf(entry->principal), now); !may) return std::move(may).error();
  return CallerOf(entry->stored.key);
}

Task<Result<v1::ReserveResponse>> Core::Reserve(const v1::ReserveRequest& request) {
  auto call = probe_.Begin(Rpc::kReserve);
  Result<v1::ReserveResponse> response = co_await Hold(request);
  if (!response) probe_.Refused(response.error().reason);
  co_return call.Ends(std::move(response));
}

Task<Result<v1::ReserveResponse>> Core::Hold(const v1::ReserveRequest& request) {
  if (Status checked = Check(request); !checked) co_return std::move(checked).error();
  const Time now = clock_();
  const auto table = ring_.Now();
  const Accounted accounted = table->AccountsOf(request.principal());
  const KeyTable::Entry* entry = table->ById(request.principal().key_id());
  // Those who came by a token or a certificate have no key here.
  if (!entry && request.principal().key_id().starts_with("key_")) co_return UnknownKey();
  if (entry && entry->At(now) != Standing::kGood) co_return RefusedFor(entry->At(now));
  if (Status may = MayEnter(accounted, now); !may) co_return std::move(may).error();
  const v1::Amount& least = request.has_minimum() ? request.minimum() : request.upper_bound();
  std::vector<Demand> demands = DemandsOf(accounted, request.upper_bound(), least, now);
  const Time expires = now + std::chrono::duration_cast<Time::duration>(HoldTime(request));
  if (demands.empty()) {
    v1::ReserveResponse response;
    *response.mutable_expires_at() = TimestampOf(ToNanos(expires));
    *response.mutable_granted() = request.upper_bound();
    co_return response;
  }
  auto start = [&](Ledger::Done done) {
    ledger_.Reserve(request, std::move(demands), now, expires, std::move(done));
  };
  FromThread<Result<v1::ReserveResponse>, decltype(start)> answer(start);
  co_return co_await answer;
}

Task<Result<v1::VacateResponse>> Core::Vacate(const v1::VacateRequest& request) {
  auto call = probe_.Begin(Rpc::kVacate);
  const auto in_store = std::make_shared<Event>();
  Worker& here = *Worker::Current();
  const Ledger::Vacated vacated = ledger_.Vacate(request.reservation_id(), clock_(), [in_store, &here] {
    here.Post([in_store] { in_store->Set(); });
  });
  if (vacated == Ledger::Vacated::kUnderWay) {
    Deadline late(here.deadlines(), [&in_store] { in_store->Set(); });
    late.Set(kGiveBackTime);
    Event& either = *in_store;
    co_await either;
  }
  v1::VacateResponse response;
  response.set_vacated(vacated != Ledger::Vacated::kNothing);
  co_return call.Ends(Result<v1::VacateResponse>(std::move(response)));
}

Task<Result<v1::SettleResponse>> Core::Settle(const v1::SettleRequest& request) {
  auto call = probe_.Begin(Rpc::kSettle);
  Result<v1::SettleResponse> response = co_await Record(request);
  co_return call.Ends(std::move(response));
}

Task<Result<v1::SettleResponse>> Core::Record(const v1::SettleRequest& request) {
  if (Status checked = Check(request); !checked) co_return std::move(checked).error();
  auto start = [&](std::function<void(Result<v1::SettleResponse>)> done) {
    settling_.Record(request, ring_.Now(), clock_(), std::move(done));
  };
  FromThread<Result<v1::SettleResponse>, decltype(start)> answer(start);
  Result<v1::SettleResponse> response = co_await answer;
  if (response) probe_.Settled(*response);
  co_return response;
}

// So that a key that was made can be used, and one that was revoked can't, once its call returns. Not on a worker.
void Core::LookNow() {
  auto looked = std::make_shared<std::promise<void>>();
  auto seen = looked->get_future();
  const bool posted = housekeeper_.Post([this, looked] {
    rounds_.Look();
    looked->set_value();
  });
  if (posted) seen.wait_for(kStopGrace);
}

std::unique_ptr<KeyRing::Subscription> Core::Subscribe(KeyRing::Listener listener) {
  return ring_.Subscribe(std::move(listener));
}

Result<std::optional<v1::CreateKeyResponse>> Core::EnsureFirstKey() {
  if (has_environment_key_) return std::optional<v1::CreateKeyResponse>();
  Desk desk(*store_, hmac_, [this] { return ring_.Now(); }, clock_);
  auto made = desk.CreateFirstKey();
  LookNow();
  return made;
}

bool Core::HasUsableKey() const {
  const auto keys = ring_.Now();
  const Time now = clock_();
  return std::any_of(keys->all().begin(), keys->all().end(),
                     [now](const KeyTable::Entry& entry) { return entry.At(now) == Standing::kGood; });
}

}  // namespace wayleave::auth
