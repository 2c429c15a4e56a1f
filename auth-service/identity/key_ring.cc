#include "auth-service/identity/key_ring.h"

#include <iterator>
#include <utility>

namespace wayleave::auth {
namespace {

constexpr std::chrono::seconds kBlind{1};

}  // namespace

KeyRing::Subscription::Subscription(KeyRing& ring, Listener listener) : ring_(ring) {
  std::lock_guard lock(ring_.listeners_mutex_);
  place_ = ring_.listeners_.insert(ring_.listeners_.end(), std::move(listener));
}

KeyRing::Subscription::~Subscription() {
  std::lock_guard lock(ring_.listeners_mutex_);
  ring_.listeners_.erase(place_);
}

KeyRing::KeyRing(Store& store, std::vector<StoredKey> environment, Clock clock)
    : store_(store), environment_(std::move(environment)), clock_(std::move(clock)), looked_at_(clock_()) {}

std::shared_ptr<const KeyTable> KeyRing::Now() const {
  std::lock_guard lock(table_mutex_);
  return table_;
}

void KeyRing::Configure(KeyTable::Configured configured) {
  std::lock_guard lock(configured_mutex_);
  configured_ = std::move(configured);
  configured_anew_ = true;
}

Status KeyRing::Look() {
  const Time now = clock_();
  std::vector<std::string> ids = Now()->ExpiredBetween(std::exchange(looked_at_, now), now);
  Status looked;
  bool anew = false;
  const auto asked_at = std::chrono::steady_clock::now();
  const Result<std::int64_t> version = store_.AccountsVersion();
  if (!version) {
    looked = version.error();
  } else if (*version != version_ || ConfiguredAnew()) {
    looked = Reload(*version, ids);
    anew = looked.ok();
    if (looked) version_ = *version;
  }
  if (anew || !ids.empty()) Publish(ids, Now()->version());
  if (looked) heard_at_ = asked_at;
  return looked;
}

bool KeyRing::SeesChanges() const { return std::chrono::steady_clock::now() - heard_at_.load() < kBlind; }

// Whether the configuration has changed since the last look.
bool KeyRing::ConfiguredAnew() {
  std::lock_guard lock(configured_mutex_);
  return std::exchange(configured_anew_, false);
}

Status KeyRing::Reload(std::int64_t version, std::vector<std::string>& changed) {
  Result<Accounts> accounts = store_.ReadAccounts();
  if (!accounts) {
    version_ = -1;
    return std::move(accounts).error();
  }
  KeyTable::Configured configured;
  {
    std::lock_guard lock(configured_mutex_);
    configured = configured_;
  }
  auto later = std::make_shared<const KeyTable>(std::move(*accounts), environment_, configured, version);
  const auto before = Now();
  std::vector<std::string> ids = before->ChangedIn(*later);
  std::move(ids.begin(), ids.end(), std::back_inserter(changed));
  std::lock_guard lock(table_mutex_);
  table_ = std::move(later);
  return {};
}

void KeyRing::Publish(const std::vector<std::string>& key_ids, std::int64_t version) {
  std::lock_guard lock(listeners_mutex_);
  for (const Listener& listener : listeners_) listener(key_ids, version);
}

std::unique_ptr<KeyRing::Subscription> KeyRing::Subscribe(Listener listener) {
  return std::unique_ptr<Subscription>(new Subscription(*this, std::move(listener)));
}

std::size_t KeyRing::subscribers() const {
  std::lock_guard lock(listeners_mutex_);
  return listeners_.size();
}

}  // namespace wayleave::auth
