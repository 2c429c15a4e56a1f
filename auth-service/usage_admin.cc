#include "auth-service/usage_admin.h"

#include <filesystem>

#include "auth-service/store/sql_store.h"
#include "base/state/state_dir.h"

namespace wayleave::auth {
namespace {

constexpr int kPage = 1000;

}  // namespace

Status ForEachUsage(const std::string& state_dir, Time since,
                    const std::function<void(const v1::Settlement& record)>& each) {
  const std::string directory = state::Directory(state_dir);
  std::error_code ec;
  if (!std::filesystem::exists(directory + "/auth.db", ec)) {
    return Error{Code::kNotFound, "there are no records in " + directory + "; --state-dir names another place"};
  }
  metrics::Registry registry("usage-admin");
  auto store = SqlStore::OpenSqlite(directory, registry);
  if (!store) return std::move(store).error();
  v1::ListUsageRequest request;
  *request.mutable_since() = TimestampOf(ToNanos(since));
  request.set_limit(kPage);
  while (true) {
    const Result<std::vector<v1::Settlement>> page = (*store)->Usage(request);
    if (!page) return page.error();
    for (const v1::Settlement& record : *page) each(record);
    if (page->size() < static_cast<std::size_t>(kPage)) return {};
    request.set_after(page->back().reservation_id());
  }
}

}  // namespace wayleave::auth
