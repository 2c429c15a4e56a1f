#include "auth-service/admin/local_desk.h"

#include <pwd.h>
#include <unistd.h>

#include <utility>

#include "auth-service/store/open.h"

namespace wayleave::auth {
namespace {

std::string UserOfMachine() {
  const passwd* user = getpwuid(getuid());
  return user ? user->pw_name : std::to_string(getuid());
}

}  // namespace

Result<std::unique_ptr<LocalDesk>> LocalDesk::Open(const Config& config) {
  auto registry = std::make_unique<metrics::Registry>("admin");
  auto store = OpenStore(config, *registry);
  if (!store) return std::move(store).error();
  const Result<std::string> secret = KeySecret(config);
  if (!secret) return secret.error();
  return std::unique_ptr<LocalDesk>(new LocalDesk(std::move(registry), std::move(*store), *secret, config.tenants));
}

LocalDesk::LocalDesk(std::unique_ptr<metrics::Registry> registry, std::unique_ptr<SqlStore> store,
                     const std::string& secret, KeyTable::Configured tenants)
    : registry_(std::move(registry)),
      store_(std::move(store)),
      hmac_(secret),
      tenants_(std::move(tenants)),
      caller_(Operator("cli:" + UserOfMachine())),
      desk_(std::make_unique<Desk>(*store_, hmac_, [this] { return Table(); }, std::chrono::system_clock::now)) {}

// An empty one if the store can't be read: the change that follows says why.
std::shared_ptr<const KeyTable> LocalDesk::Table() {
  Result<Accounts> accounts = store_->ReadAccounts();
  if (!accounts) return std::make_shared<const KeyTable>();
  return std::make_shared<const KeyTable>(std::move(*accounts), std::vector<StoredKey>(), tenants_);
}

}  // namespace wayleave::auth
