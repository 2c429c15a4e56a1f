#include "auth-service/usage_admin.h"

#include <filesystem>

#include "auth-service/store/open.h"
#include "base/state/state_dir.h"

namespace wayleave::auth {
namespace {

constexpr int kPage = 500;  // each may have 64 KiB of facts

}  // namespace

Status ForEachUsage(Store& store, Time since, const EachUsage& each) {
  v1::ListUsageRequest request;
  *request.mutable_since() = TimestampOf(ToNanos(since));
  request.set_limit(kPage);
  while (true) {
    const Result<std::vector<v1::Settlement>> page = store.Usage(request);
    if (!page) return page.error();
    for (const v1::Settlement& record : *page) each(record);
    if (page->size() < static_cast<std::size_t>(kPage)) return {};
    request.set_after(page->back().reservation_id());
  }
}

Status ForEachUsage(const Config& config, Time since, const EachUsage& each) {
  const std::string directory = state::Directory(config.state_dir);
  std::error_code ec;
  if (config.database.empty() && !std::filesystem::exists(directory + "/auth.db", ec)) {
    return Error{Code::kNotFound, "there are no records in " + directory + "; --state-dir names another place"};
  }
  metrics::Registry registry("usage-admin");
  auto store = OpenStore(config, registry);
  if (!store) return std::move(store).error();
  return ForEachUsage(**store, since, each);
}

}  // namespace wayleave::auth
